package main

import (
	"math/rand"
	"syscall"
	"time"
)

// A disk writes a sector whole or not at all.
const sectorBytes = 512

// What is at the moment, and what would be there after a loss of power. Everything is in memory.
type disk struct {
	root     *node
	capacity int64
	used     int64
	next     uint64
	// Changes of directories that no fsync of theirs has made durable yet, in order.
	pending []change
	// No power: every call fails.
	dead bool
	// Every fsync fails from now on, and what it was to write is lost.
	failSyncs bool
	syncs     int64
}

type node struct {
	id       uint64
	mode     uint32
	uid, gid uint32
	modified time.Time
	data     []byte
	durable  []byte
	// Sectors written, or cut off, since the last fsync.
	dirty map[int64]struct{}
	// Of a directory; nil for a file.
	entries        map[string]*node
	durableEntries map[string]*node
	// Times the kernel knows it, and has it open.
	lookups uint64
}

// One create, removal or rename: what it sets, all or nothing. A nil node removes the name.
type change []edge

type edge struct {
	directory *node
	name      string
	to        *node
}

func newDisk(capacity int64) *disk {
	d := &disk{capacity: capacity, next: 1}
	d.root = d.make(syscall.S_IFDIR | 0o755)
	return d
}

func (d *disk) make(mode uint32) *node {
	n := &node{id: d.next, mode: mode, modified: time.Now(), dirty: map[int64]struct{}{}}
	d.next++
	if mode&syscall.S_IFMT == syscall.S_IFDIR {
		n.entries = map[string]*node{}
		n.durableEntries = map[string]*node{}
	}
	return n
}

func (d *disk) change(edges ...edge) {
	for _, e := range edges {
		set(e.directory.entries, e.name, e.to)
		e.directory.modified = time.Now()
	}
	d.pending = append(d.pending, change(edges))
}

func set(entries map[string]*node, name string, to *node) {
	if to == nil {
		delete(entries, name)
	} else {
		entries[name] = to
	}
}

// Makes the names of a directory durable, and nothing else.
func (d *disk) syncDirectory(directory *node) {
	kept := d.pending[:0]
	for _, c := range d.pending {
		if c.touches(directory) {
			c.commit()
		} else {
			kept = append(kept, c)
		}
	}
	d.pending = kept
}

func (c change) touches(directory *node) bool {
	for _, e := range c {
		if e.directory == directory {
			return true
		}
	}
	return false
}

func (c change) commit() {
	for _, e := range c {
		set(e.directory.durableEntries, e.name, e.to)
	}
}

func (d *disk) resize(n *node, length int64) syscall.Errno {
	grown := length - int64(len(n.data))
	if grown > 0 && d.used+grown > d.capacity {
		return syscall.ENOSPC
	}
	d.used += grown
	for at := min(length, int64(len(n.data))) / sectorBytes; at*sectorBytes < max(length, int64(len(n.data))); at++ {
		n.dirty[at] = struct{}{}
	}
	if grown > 0 {
		n.data = append(n.data, make([]byte, grown)...)
	} else {
		n.data = n.data[:length]
	}
	n.modified = time.Now()
	return 0
}

func (d *disk) write(n *node, offset int64, bytes []byte) syscall.Errno {
	end := offset + int64(len(bytes))
	if end > int64(len(n.data)) {
		if errno := d.resize(n, end); errno != 0 {
			return errno
		}
	}
	copy(n.data[offset:], bytes)
	for at := offset / sectorBytes; at*sectorBytes < end; at++ {
		n.dirty[at] = struct{}{}
	}
	n.modified = time.Now()
	return 0
}

func (n *node) sync() {
	n.durable = resized(n.durable, len(n.data))
	for at := range n.dirty {
		n.copySector(at)
	}
	clear(n.dirty)
}

func (n *node) copySector(at int64) {
	start := at * sectorBytes
	if start < int64(len(n.durable)) && start < int64(len(n.data)) {
		copy(n.durable[start:min(start+sectorBytes, int64(len(n.durable)))], n.data[start:])
	}
}

func resized(bytes []byte, length int) []byte {
	if length <= len(bytes) {
		return bytes[:length]
	}
	return append(bytes, make([]byte, length-len(bytes))...)
}

// What a loss of power leaves: what was synced, and of the rest some. With lost, nothing of the rest.
func (d *disk) cut(random *rand.Rand, lost bool) (lostChanges, lostSectors int) {
	kept := 0
	if !lost && len(d.pending) > 0 {
		kept = random.Intn(len(d.pending) + 1)
	}
	for _, c := range d.pending[:kept] {
		c.commit()
	}
	lostChanges = len(d.pending) - kept
	d.pending = nil
	d.used = 0
	d.settle(d.root, random, lost, &lostSectors)
	return lostChanges, lostSectors
}

func (d *disk) settle(n *node, random *rand.Rand, lost bool, lostSectors *int) {
	n.lookups = 0
	if n.entries == nil {
		*lostSectors += n.tear(random, lost)
		d.used += int64(len(n.data))
		return
	}
	n.entries = map[string]*node{}
	for name, child := range n.durableEntries {
		n.entries[name] = child
	}
	for _, child := range n.entries {
		d.settle(child, random, lost, lostSectors)
	}
}

func (n *node) tear(random *rand.Rand, lost bool) int {
	chance := 0.0
	if !lost {
		chance = []float64{0, 0.5, 1}[random.Intn(3)]
		if random.Float64() < chance {
			n.durable = resized(n.durable, len(n.data))
		}
	}
	gone := 0
	for at := range n.dirty {
		if random.Float64() < chance {
			n.copySector(at)
		} else {
			gone++
		}
	}
	clear(n.dirty)
	n.data = append([]byte(nil), n.durable...)
	return gone
}
