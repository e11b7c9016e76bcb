/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fd_vfs.h - SQLite on an open file that has no name.
 *
 * SQLite opens files by their path, follows links in it and never opens one itself, so that /proc/self/fd/N of a memfd
 * leads nowhere. Here the "path" is the number of a descriptor. One connection at a time: nothing is locked. There are
 * no files beside it: the journal has to be in memory. Opened for reading, the file is taken not to change.
 */
#ifndef JB_STORE_FD_VFS_H
#define JB_STORE_FD_VFS_H

#define JB_FD_VFS "joulebook-fd"

int jb_fd_vfs_register(void); /* any number of times, from any thread; a result code of SQLite */

#endif
