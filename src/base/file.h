/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.h - files: the --root prefix, whole small files, places of the user's files, atomic writes.
 *
 * Every path that describes the machine (/sys, /proc, /dev, /etc) is opened through a `root`: NULL or ""
 * is the real machine, else a folder that holds a recorded or made-up one. Contents of such files are
 * hostile input: sizes are bounded, nothing is assumed to be terminated. A path with a ".." component is
 * refused (-EINVAL), because names found in a recorded tree become parts of paths. Symbolic links are followed
 * as they stand, also out of the root. A root may also say that what is read is to be kept: see recording.h.
 */
#ifndef JB_BASE_FILE_H
#define JB_BASE_FILE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct jb_diag;

/* Whether nothing stands between us and the real machine: then there are system calls beside files. */
bool jb_root_is_real(const char *root);

/* The folder, for people and for those who look at the root as a whole; "" for the real machine. */
const char *jb_root_name(const char *root);

/* A root that reads the machine at `base` (NULL: the real one) and keeps in the folder `dir` what is read of it. */
int jb_root_record(const char *base, const char *dir, char *buffer, size_t size);

/* root + path into `buffer`; -ENAMETOOLONG. `path` starts with '/'. */
int jb_root_path(const char *root, const char *path, char *buffer, size_t size);

/* open(2) below root, O_RDONLY|O_CLOEXEC|`flags`; the descriptor or a negative errno. */
int jb_root_open(const char *root, const char *path, int flags);
DIR *jb_root_opendir(const char *root, const char *path); /* NULL with errno */
bool jb_root_exists(const char *root, const char *path);

/* What a symbolic link says, terminated; its length, or a negative errno (-EINVAL: it is none; -ENAMETOOLONG). In a
 * recorded tree, where links have become what they name, PATH.link says it. */
ssize_t jb_root_readlink(const char *root, const char *path, char *buffer, size_t size);

/* At most size-1 bytes of the file, NUL-terminated, trailing newlines removed. The length or a negative
 * errno; -EFBIG when there is more. Only ordinary files, as all of /sys and /proc are: never waits for a FIFO. */
ssize_t jb_root_read(const char *root, const char *path, char *buffer, size_t size);
int jb_root_read_u64(const char *root, const char *path, uint64_t *ret);

/* One pread from offset 0 of an open descriptor, at most size-1 bytes, NUL-terminated: the hot path. The length
 * or a negative errno. A length of size-1 means that there may be more. */
ssize_t jb_pread_text(int fd, char *buffer, size_t size);

/* The whole of an ordinary file up to `limit` bytes, malloc'd and NUL-terminated. */
int jb_read_all(const char *path, size_t limit, char **ret_data, size_t *ret_length, struct jb_diag *diag);

/* Write to a temporary file beside `path`, sync it, rename: readers see the old or the new, never half. A new
 * file gets `mode` less the umask, an old one keeps its mode. A symbolic link stays and the file that it names
 * is replaced; a device or FIFO (/dev/stdout) is written to. */
int jb_write_atomic(const char *path, const void *data, size_t length, unsigned mode, struct jb_diag *diag);

/* The folders that `path` lies in, each with `mode` (0700 for the user's own); existing ones stay as they are. */
int jb_mkdir_parents(const char *path, unsigned mode);

/* $XDG_CONFIG_HOME/joulebook/<name>, with the fallbacks of the XDG base directory specification (a relative
 * value does not count); the home is $HOME, else that of the password file; -ENOENT when there is none. */
enum jb_xdg { JB_XDG_CONFIG, JB_XDG_DATA, JB_XDG_CACHE };
int jb_xdg_path(enum jb_xdg which, const char *name, char *buffer, size_t size);

#endif
