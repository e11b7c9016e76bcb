/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual file system of SQLite (sqlite.org/vfs.html) over open descriptors.
 *
 * Time, sleep and random numbers are the default one's. The descriptor stays the caller's: closing the database leaves
 * it open.
 */
#include "store/fd_vfs.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

struct fd_file {
    sqlite3_file base;
    int fd;
    int characteristics;
};

static int fd_of(sqlite3_file *file)
{
    return ((struct fd_file *)file)->fd;
}

static int close_file(sqlite3_file *file)
{
    return SQLITE_OK;
}

static int read_file(sqlite3_file *file, void *buffer, int count, sqlite3_int64 offset)
{
    char *to = buffer;
    while (count > 0) {
        ssize_t got = pread(fd_of(file), to, (size_t)count, offset);
        if (got < 0 && errno != EINTR) {
            return SQLITE_IOERR_READ;
        }
        if (got == 0) {
            memset(to, 0, (size_t)count); /* SQLite wants the rest as zeros */
            return SQLITE_IOERR_SHORT_READ;
        }
        if (got > 0) {
            to += got;
            offset += got;
            count -= (int)got;
        }
    }
    return SQLITE_OK;
}

static int write_file(sqlite3_file *file, const void *buffer, int count, sqlite3_int64 offset)
{
    const char *from = buffer;
    while (count > 0) {
        ssize_t put = pwrite(fd_of(file), from, (size_t)count, offset);
        if (put < 0 && errno != EINTR) {
            return errno == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
        }
        if (put > 0) {
            from += put;
            offset += put;
            count -= (int)put;
        }
    }
    return SQLITE_OK;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
    return ftruncate(fd_of(file), size) == 0 ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

static int sync_file(sqlite3_file *file, int flags)
{
    return SQLITE_OK; /* it is memory */
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    struct stat st;
    if (fstat(fd_of(file), &st) < 0) {
        return SQLITE_IOERR_FSTAT;
    }
    *ret = st.st_size;
    return SQLITE_OK;
}

static int lock_file(sqlite3_file *file, int level)
{
    return SQLITE_OK;
}

static int check_lock(sqlite3_file *file, int *ret)
{
    *ret = 0;
    return SQLITE_OK;
}

static int control_file(sqlite3_file *file, int operation, void *argument)
{
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *file)
{
    return 4096;
}

static int characteristics(sqlite3_file *file)
{
    return ((struct fd_file *)file)->characteristics;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = lock_file,
    .xCheckReservedLock = check_lock,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *ret, int flags, int *ret_flags)
{
    struct fd_file *file = (struct fd_file *)ret;
    uint64_t fd = 0;
    file->base.pMethods = NULL;
    if (name == NULL || (flags & SQLITE_OPEN_MAIN_DB) == 0 || jb_parse_u64(name, &fd) < 0 || fd > INT32_MAX) {
        return SQLITE_CANTOPEN;
    }
    file->base.pMethods = &methods;
    file->fd = (int)fd;
    file->characteristics = (flags & SQLITE_OPEN_READONLY) != 0 ? SQLITE_IOCAP_IMMUTABLE : 0;
    if (ret_flags != NULL) {
        *ret_flags = flags;
    }
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync)
{
    return SQLITE_OK;
}

static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
    *ret = 0; /* no journal, no log */
    return SQLITE_OK;
}

static int full_name(sqlite3_vfs *vfs, const char *name, int size, char *ret)
{
    return jb_copy(ret, (size_t)size, name) ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int randomness(sqlite3_vfs *vfs, int count, char *ret)
{
    sqlite3_vfs *other = sqlite3_vfs_find(NULL);
    return other->xRandomness(other, count, ret);
}

static int sleep_us(sqlite3_vfs *vfs, int us)
{
    sqlite3_vfs *other = sqlite3_vfs_find(NULL);
    return other->xSleep(other, us);
}

static int now(sqlite3_vfs *vfs, double *ret)
{
    sqlite3_vfs *other = sqlite3_vfs_find(NULL);
    return other->xCurrentTime(other, ret);
}

static int last_error(sqlite3_vfs *vfs, int size, char *ret)
{
    return 0;
}

int jb_fd_vfs_register(void)
{
    /* SQLite links it into its list, under its own lock; nothing else is ever written to it. */
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = sizeof(struct fd_file),
        .mxPathname = 64,
        .zName = JB_FD_VFS,
        .xOpen = open_file,
        .xDelete = delete_file,
        .xAccess = access_file,
        .xFullPathname = full_name,
        .xRandomness = randomness,
        .xSleep = sleep_us,
        .xCurrentTime = now,
        .xGetLastError = last_error,
    };
    int rc = sqlite3_initialize();
    return rc != SQLITE_OK || sqlite3_vfs_find(JB_FD_VFS) != NULL ? rc : sqlite3_vfs_register(&vfs, 0);
}
