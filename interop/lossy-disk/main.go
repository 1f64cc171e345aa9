// A file system in memory that can lose its power: what was written and not synced is then gone, or torn. Strict: a name is durable
// once its directory is synced, bytes once their file is. What fsync promises, and no more.
//
// usage: lossy-disk MOUNTPOINT CAPACITY_BYTES      a command a line on standard input, an answer of one line each:
//
//	cut               from now on every call fails, as when the power goes       ok
//	back SEED         the power is back; of what was not synced some is left     lost: N names, M sectors
//	back lost         ... nothing is left                                        lost: N names, M sectors
//	fail-syncs        every fsync fails from now on, and its bytes are lost      ok
//	capacity BYTES    the size of the disk                                       ok
//	used              bytes and syncs so far                                     BYTES SYNCS
package main

import (
	"bufio"
	"fmt"
	"math/rand"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
)

func main() {
	capacity, err := strconv.ParseInt(os.Args[2], 10, 64)
	exitOn(err)
	d := newDisk(capacity)
	var mutex sync.Mutex
	f := mount(d, &mutex, os.Args[1])
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-interrupted
		_ = syscall.Unmount(os.Args[1], syscall.MNT_DETACH)
		os.Exit(0)
	}()
	fmt.Println("mounted")
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		words := strings.Fields(commands.Text())
		mutex.Lock()
		switch words[0] {
		case "cut":
			d.dead = true
			fmt.Println("ok")
		case "back":
			seed, err := strconv.ParseInt(words[1], 10, 64)
			names, sectors := d.cut(rand.New(rand.NewSource(seed)), err != nil)
			d.dead, d.failSyncs, f.gone = false, false, true
			mutex.Unlock()
			// A mount of its own, so that the kernel remembers nothing.
			exitOn(syscall.Unmount(os.Args[1], syscall.MNT_DETACH))
			f = mount(d, &mutex, os.Args[1])
			mutex.Lock()
			fmt.Printf("lost: %d names, %d sectors\n", names, sectors)
		case "fail-syncs":
			d.failSyncs = true
			fmt.Println("ok")
		case "capacity":
			d.capacity, err = strconv.ParseInt(words[1], 10, 64)
			exitOn(err)
			fmt.Println("ok")
		case "used":
			fmt.Println(d.used, d.syncs)
		default:
			fmt.Println("what is", words[0])
		}
		mutex.Unlock()
	}
	_ = syscall.Unmount(os.Args[1], syscall.MNT_DETACH)
}

func mount(d *disk, mutex *sync.Mutex, at string) *fileSystem {
	f := newFileSystem(d, mutex)
	server, err := fuse.NewServer(f, at, &fuse.MountOptions{
		FsName: "lossy-disk", Name: "lossy", DirectMountStrict: true, MaxWrite: 1 << 18, DisableXAttrs: true, DisableReadDirPlus: true,
	})
	exitOn(err)
	go server.Serve()
	exitOn(server.WaitMount())
	return f
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "lossy-disk:", err)
		os.Exit(1)
	}
}
