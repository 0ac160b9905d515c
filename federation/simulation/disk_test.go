package simulation

import (
	"strings"
	"sync"
	"time"
	"unsafe"

	"modernc.org/libc"
	sqlite "modernc.org/sqlite/lib"
)

// disks stand between the databases and the files that they write, for all that this process opens: SQLite takes its file
// system as a table of functions (sqlite3_vfs), of which disks puts its own in front of some.
type disks struct {
	mu     sync.Mutex
	faults map[string]diskFault // by folder
	path   map[uintptr]string   // of each open file
	own    map[uintptr]uintptr  // methods of files: the original's copy with ours in it
	open   openFile
	base   map[uintptr]fileMethods
}

// diskFault is what writing to a disk, and making it last, come to, and how long that takes.
type diskFault struct {
	write, sync int32
	takes       time.Duration
}

var (
	full   = diskFault{write: sqlite.SQLITE_FULL}
	torn   = diskFault{write: sqlite.SQLITE_IOERR_WRITE}
	noSync = diskFault{sync: sqlite.SQLITE_IOERR_FSYNC}
)

type (
	openFile    = func(tls *libc.TLS, vfs, path, file uintptr, flags int32, outFlags uintptr) int32
	writeFile   = func(tls *libc.TLS, file, from uintptr, n int32, at int64) int32
	syncFile    = func(tls *libc.TLS, file uintptr, flags int32) int32
	fileMethods struct {
		write writeFile
		sync  syncFile
	}
)

// disk is the one of this process.
var disk = &disks{faults: map[string]diskFault{}, path: map[uintptr]string{}, own: map[uintptr]uintptr{}, base: map[uintptr]fileMethods{}}

// install makes disk the way to all databases that are opened from now on.
var install = sync.OnceFunc(func() {
	tls := libc.NewTLS()
	vfs := copyOf[sqlite.Tsqlite3_vfs](tls, sqlite.Xsqlite3_vfs_find(tls, 0))
	name, err := libc.CString("breakable")
	if err != nil {
		panic(err)
	}
	disk.open = goFunc[openFile](at[sqlite.Tsqlite3_vfs](vfs).FxOpen)
	at[sqlite.Tsqlite3_vfs](vfs).FzName = name
	at[sqlite.Tsqlite3_vfs](vfs).FxOpen = cFunc(disk.opened)
	if rc := sqlite.Xsqlite3_vfs_register(tls, vfs, 1); rc != sqlite.SQLITE_OK {
		panic("SQLite takes no other file system")
	}
})

// at is what lies at an address outside of Go's heap.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// copyOf copies what lies at an address to another.
func copyOf[T any](tls *libc.TLS, from uintptr) uintptr {
	to := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(*at[T](from))))
	*at[T](to) = *at[T](from)
	return to
}

// goFunc is the function behind a pointer of a table, cFunc the other way round: SQLite, translated to Go, keeps in its
// tables what Go keeps of a function.
func goFunc[F any](pointer uintptr) F { return *(*F)(unsafe.Pointer(&pointer)) }

func cFunc[F any](f F) uintptr {
	kept := &f
	functions = append(functions, kept)
	return *(*uintptr)(unsafe.Pointer(kept))
}

// functions keeps alive what only tables outside of Go's heap know of.
var functions []any

func (d *disks) opened(tls *libc.TLS, vfs, path, file uintptr, flags int32, outFlags uintptr) int32 {
	rc := d.open(tls, vfs, path, file, flags, outFlags)
	methods := at[sqlite.Tsqlite3_file](file).FpMethods
	if rc != sqlite.SQLITE_OK || methods == 0 || path == 0 {
		return rc
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.path[file] = libc.GoString(path)
	if d.own[methods] == 0 {
		own := copyOf[sqlite.Tsqlite3_io_methods](tls, methods)
		table := at[sqlite.Tsqlite3_io_methods](own)
		d.base[own] = fileMethods{goFunc[writeFile](table.FxWrite), goFunc[syncFile](table.FxSync)}
		table.FxWrite, table.FxSync = cFunc(d.writes), cFunc(d.syncs)
		d.own[methods] = own
	}
	at[sqlite.Tsqlite3_file](file).FpMethods = d.own[methods]
	return rc
}

func (d *disks) writes(tls *libc.TLS, file, from uintptr, n int32, offset int64) int32 {
	base, fault := d.of(file)
	if fault.write != 0 {
		return fault.write
	}
	return base.write(tls, file, from, n, offset)
}

func (d *disks) syncs(tls *libc.TLS, file uintptr, flags int32) int32 {
	base, fault := d.of(file)
	time.Sleep(fault.takes)
	if fault.sync != 0 {
		return fault.sync
	}
	return base.sync(tls, file, flags)
}

// of is how a file is written, and what is wrong with its disk.
func (d *disks) of(file uintptr) (fileMethods, diskFault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for folder, fault := range d.faults {
		if strings.HasPrefix(d.path[file], folder+"/") {
			return d.base[at[sqlite.Tsqlite3_file](file).FpMethods], fault
		}
	}
	return d.base[at[sqlite.Tsqlite3_file](file).FpMethods], diskFault{}
}

// breaks lets a folder's disk fail until mended.
func (d *disks) breaks(folder string, as diskFault) (mended func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults[folder] = as
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.faults, folder)
	}
}

// fillDisk lets the disk of a service be full for a while.
func (w *world) fillDisk() { w.breakDisk(full) }

// failDisk lets a disk answer with errors: it writes nothing, or cannot make last what it wrote.
func (w *world) failDisk() { w.breakDisk(pick(w.fate, []diskFault{torn, noSync})) }

func (w *world) breakDisk(as diskFault) {
	m := w.anyMachine()
	w.later(w.soon(), func() { w.later(w.fate.between(time.Second, 24*time.Hour), disk.breaks(m.disk, as)) })
}
