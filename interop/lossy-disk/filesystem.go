package main

import (
	"sort"
	"sync"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// The disk as a file system. Nothing is kept by the kernel: no pages, no names, no attributes.
type fileSystem struct {
	fuse.RawFileSystem
	mutex *sync.Mutex
	disk  *disk
	nodes map[uint64]*node
	// Another mount has taken its place.
	gone bool
}

func newFileSystem(d *disk, mutex *sync.Mutex) *fileSystem {
	return &fileSystem{RawFileSystem: fuse.NewDefaultRawFileSystem(), mutex: mutex, disk: d, nodes: map[uint64]*node{d.root.id: d.root}}
}

func (f *fileSystem) String() string { return "lossy-disk" }

// The node of an id, unless there is no power.
func (f *fileSystem) at(id uint64) (*node, fuse.Status) {
	if f.disk.dead || f.gone {
		return nil, fuse.EIO
	}
	if n := f.nodes[id]; n != nil {
		return n, fuse.OK
	}
	return nil, fuse.ENOENT
}

func (f *fileSystem) attributes(n *node, out *fuse.Attr) {
	out.Ino, out.Mode, out.Uid, out.Gid = n.id, n.mode, n.uid, n.gid
	out.Size, out.Blocks, out.Blksize, out.Nlink = uint64(len(n.data)), uint64(len(n.data)+511)/512, 4096, 1
	out.SetTimes(&n.modified, &n.modified, &n.modified)
}

func (f *fileSystem) entry(n *node, out *fuse.EntryOut) {
	f.nodes[n.id] = n
	n.lookups++
	out.NodeId, out.Generation = n.id, 1
	f.attributes(n, &out.Attr)
}

func (f *fileSystem) Lookup(_ <-chan struct{}, header *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	directory, status := f.at(header.NodeId)
	if status != fuse.OK {
		return status
	}
	child := directory.entries[name]
	if child == nil {
		return fuse.ENOENT
	}
	f.entry(child, out)
	return fuse.OK
}

func (f *fileSystem) Forget(id, lookups uint64) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if n := f.nodes[id]; n != nil && n != f.disk.root && !f.gone {
		if n.lookups -= min(n.lookups, lookups); n.lookups == 0 {
			delete(f.nodes, id)
		}
	}
}

func (f *fileSystem) GetAttr(_ <-chan struct{}, input *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	n, status := f.at(input.NodeId)
	if status == fuse.OK {
		f.attributes(n, &out.Attr)
	}
	return status
}

func (f *fileSystem) SetAttr(_ <-chan struct{}, input *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	n, status := f.at(input.NodeId)
	if status != fuse.OK {
		return status
	}
	if mode, ok := input.GetMode(); ok {
		n.mode = n.mode&syscall.S_IFMT | mode&0o7777
	}
	if uid, ok := input.GetUID(); ok {
		n.uid = uid
	}
	if gid, ok := input.GetGID(); ok {
		n.gid = gid
	}
	if size, ok := input.GetSize(); ok {
		if errno := f.disk.resize(n, int64(size)); errno != 0 {
			return fuse.Status(errno)
		}
	}
	if modified, ok := input.GetMTime(); ok {
		n.modified = modified
	}
	f.attributes(n, &out.Attr)
	return fuse.OK
}

func (f *fileSystem) add(header *fuse.InHeader, name string, mode uint32, out *fuse.EntryOut) fuse.Status {
	directory, status := f.at(header.NodeId)
	if status != fuse.OK {
		return status
	}
	if directory.entries[name] != nil {
		return fuse.Status(syscall.EEXIST)
	}
	n := f.disk.make(mode)
	n.uid, n.gid = header.Uid, header.Gid
	f.disk.change(edge{directory, name, n})
	f.entry(n, out)
	return fuse.OK
}

func (f *fileSystem) Mkdir(_ <-chan struct{}, input *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.add(&input.InHeader, name, syscall.S_IFDIR|input.Mode&0o7777, out)
}

func (f *fileSystem) Create(_ <-chan struct{}, input *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	out.OpenFlags = fuse.FOPEN_DIRECT_IO
	return f.add(&input.InHeader, name, syscall.S_IFREG|input.Mode&0o7777, &out.EntryOut)
}

func (f *fileSystem) Link(_ <-chan struct{}, input *fuse.LinkIn, name string, out *fuse.EntryOut) fuse.Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	directory, status := f.at(input.NodeId)
	if status != fuse.OK {
		return status
	}
	n, status := f.at(input.Oldnodeid)
	if status != fuse.OK {
		return status
	}
	if directory.entries[name] != nil {
		return fuse.Status(syscall.EEXIST)
	}
	f.disk.change(edge{directory, name, n})
	f.entry(n, out)
	return fuse.OK
}

func (f *fileSystem) remove(header *fuse.InHeader, name string, directories bool) fuse.Status {
	directory, status := f.at(header.NodeId)
	if status != fuse.OK {
		return status
	}
	child := directory.entries[name]
	switch {
	case child == nil:
		return fuse.ENOENT
	case directories && child.entries == nil:
		return fuse.ENOTDIR
	case directories && len(child.entries) > 0:
		return fuse.Status(syscall.ENOTEMPTY)
	case !directories && child.entries != nil:
		return fuse.Status(syscall.EISDIR)
	}
	f.disk.change(edge{directory, name, nil})
	f.disk.used -= int64(len(child.data))
	return fuse.OK
}

func (f *fileSystem) Unlink(_ <-chan struct{}, header *fuse.InHeader, name string) fuse.Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.remove(header, name, false)
}

func (f *fileSystem) Rmdir(_ <-chan struct{}, header *fuse.InHeader, name string) fuse.Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.remove(header, name, true)
}

func (f *fileSystem) Rename(_ <-chan struct{}, input *fuse.RenameIn, oldName, newName string) fuse.Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	from, status := f.at(input.NodeId)
	if status != fuse.OK {
		return status
	}
	to, status := f.at(input.Newdir)
	if status != fuse.OK {
		return status
	}
	if input.Flags != 0 {
		return fuse.EINVAL
	}
	n := from.entries[oldName]
	replaced := to.entries[newName]
	switch {
	case n == nil:
		return fuse.ENOENT
	case replaced != nil && replaced.entries != nil && len(replaced.entries) > 0:
		return fuse.Status(syscall.ENOTEMPTY)
	case replaced != nil && n.entries != nil && replaced.entries == nil:
		return fuse.ENOTDIR
	case replaced != nil && n.entries == nil && replaced.entries != nil:
		return fuse.Status(syscall.EISDIR)
	case replaced == n:
		return fuse.OK
	}
	if replaced != nil {
		f.disk.used -= int64(len(replaced.data))
	}
	f.disk.change(edge{from, oldName, nil}, edge{to, newName, n})
	return fuse.OK
}

func (f *fileSystem) Open(_ <-chan struct{}, input *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	n, status := f.at(input.NodeId)
	if status != fuse.OK {
		return status
	}
	if input.Flags&syscall.O_TRUNC != 0 {
		f.disk.resize(n, 0)
	}
	out.OpenFlags = fuse.FOPEN_DIRECT_IO
	return fuse.OK
}

func (f *fileSystem) Read(_ <-chan struct{}, input *fuse.ReadIn, into []byte) (fuse.ReadResult, fuse.Status) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	n, status := f.at(input.NodeId)
	if status != fuse.OK {
		return nil, status
	}
	read := 0
	if input.Offset < uint64(len(n.data)) {
		read = copy(into, n.data[input.Offset:])
	}
	return fuse.ReadResultData(into[:read]), fuse.OK
}

func (f *fileSystem) Write(_ <-chan struct{}, input *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	n, status := f.at(input.NodeId)
	if status != fuse.OK {
		return 0, status
	}
	if errno := f.disk.write(n, int64(input.Offset), data); errno != 0 {
		return 0, fuse.Status(errno)
	}
	return uint32(len(data)), fuse.OK
}

func (f *fileSystem) Flush(_ <-chan struct{}, _ *fuse.FlushIn) fuse.Status { return fuse.OK }

func (f *fileSystem) sync(id uint64, how func(*node)) fuse.Status {
	n, status := f.at(id)
	if status != fuse.OK {
		return status
	}
	if f.disk.failSyncs {
		clear(n.dirty)
		return fuse.EIO
	}
	f.disk.syncs++
	how(n)
	return fuse.OK
}

func (f *fileSystem) Fsync(_ <-chan struct{}, input *fuse.FsyncIn) fuse.Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.sync(input.NodeId, (*node).sync)
}

func (f *fileSystem) FsyncDir(_ <-chan struct{}, input *fuse.FsyncIn) fuse.Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.sync(input.NodeId, f.disk.syncDirectory)
}

func (f *fileSystem) OpenDir(_ <-chan struct{}, input *fuse.OpenIn, _ *fuse.OpenOut) fuse.Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	_, status := f.at(input.NodeId)
	return status
}

func (f *fileSystem) ReadDir(_ <-chan struct{}, input *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	n, status := f.at(input.NodeId)
	if status != fuse.OK {
		return status
	}
	names := make([]string, 0, len(n.entries))
	for name := range n.entries {
		names = append(names, name)
	}
	sort.Strings(names)
	for i := int(input.Offset); i < len(names); i++ {
		child := n.entries[names[i]]
		if !out.AddDirEntry(fuse.DirEntry{Name: names[i], Ino: child.id, Mode: child.mode, Off: uint64(i + 1)}) {
			break
		}
	}
	return fuse.OK
}

func (f *fileSystem) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	free := uint64(max(0, f.disk.capacity-f.disk.used)) / 4096
	out.Bsize, out.Frsize, out.NameLen = 4096, 4096, 255
	out.Blocks, out.Bfree, out.Bavail = uint64(f.disk.capacity)/4096, free, free
	return fuse.OK
}
