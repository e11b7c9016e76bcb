/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of program a command is: elf(5), execve(2) for scripts, ld.so(8) for what preloading does to each.
 */
#include "engine/program.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCRIPT_DEPTH 4 /* as Linux does it */
#define LOADER_BYTES 256
#define HEAD_BYTES   (16u << 10)
#define PATH_DEFAULT "/usr/local/bin:/usr/bin:/bin"

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
#else
#define OUR_MACHINE EM_NONE
#endif

static bool executable(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

int jb_program_find(const char *name, char *buffer, size_t size)
{
    if (strchr(name, '/') != NULL) {
        return jb_copy(buffer, size, name) ? (executable(name) ? 0 : -ENOENT) : -ENAMETOOLONG;
    }
    const char *path = getenv("PATH");
    for (const char *at = path != NULL ? path : PATH_DEFAULT; *name != '\0';) {
        size_t length = strcspn(at, ":");
        int wrote = length > 0 ? snprintf(buffer, size, "%.*s/%s", (int)length, at, name)
                               : snprintf(buffer, size, "./%s", name);
        if (wrote > 0 && (size_t)wrote < size && executable(buffer)) {
            return 0;
        }
        if (at[length] == '\0') {
            break;
        }
        at += length + 1;
    }
    return -ENOENT;
}

/* Of "#!/usr/bin/env -S python3 -u": the program that runs the script. False: that cannot be told. */
static bool interpreter(char *line, char *ret, size_t size)
{
    char *rest = NULL;
    char *program = strtok_r(line, " \t", &rest);

    if (program == NULL) {
        return false;
    }
    const char *base = strrchr(program, '/');
    if (!jb_streq(base != NULL ? base + 1 : program, "env")) {
        return jb_copy(ret, size, program);
    }
    char *word = strtok_r(NULL, " \t", &rest);
    while (word != NULL && (word[0] == '-' || strchr(word, '=') != NULL)) {
        word = strtok_r(NULL, " \t", &rest);
    }
    return word != NULL && jb_program_find(word, ret, size) == 0;
}

static enum jb_program_kind elf_kind(int fd, const char *head, size_t length)
{
    Elf64_Ehdr elf;

    if (length < sizeof(elf) || head[EI_CLASS] != ELFCLASS64 || head[EI_DATA] != ELFDATA2LSB) {
        return JB_PROGRAM_FOREIGN;
    }
    memcpy(&elf, head, sizeof(elf));
    if (elf.e_machine != OUR_MACHINE) {
        return JB_PROGRAM_FOREIGN;
    }
    for (unsigned i = 0; i < elf.e_phnum && elf.e_phentsize == sizeof(Elf64_Phdr); i++) {
        Elf64_Phdr part;
        char loader[LOADER_BYTES] = "";
        if (elf.e_phoff > HEAD_BYTES || elf.e_phoff + (i + 1) * sizeof(part) > length) {
            return JB_PROGRAM_UNKNOWN;
        }
        memcpy(&part, head + elf.e_phoff + i * sizeof(part), sizeof(part));
        if (part.p_type != PT_INTERP) {
            continue;
        }
        ssize_t got = pread(fd, loader, part.p_filesz < sizeof(loader) ? part.p_filesz : sizeof(loader) - 1,
                            (off_t)part.p_offset);
        if (got <= 0) {
            return JB_PROGRAM_UNKNOWN;
        }
        loader[sizeof(loader) - 1] = '\0';
        if (strstr(loader, "/ld-linux") == NULL) {
            return JB_PROGRAM_FOREIGN;
        }
        return JB_PROGRAM_HOST;
    }
    return JB_PROGRAM_STATIC;
}

enum jb_program_kind jb_program_kind(const char *name)
{
    char path[4096], next[4096];
    char head[HEAD_BYTES + 1];

    if (jb_program_find(name, path, sizeof(path)) < 0) {
        return JB_PROGRAM_UNKNOWN;
    }
    for (int depth = 0; depth < SCRIPT_DEPTH; depth++) {
        JB_CLEANUP(jb_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        ssize_t got = fd >= 0 ? pread(fd, head, HEAD_BYTES, 0) : -1;
        if (got < 2) {
            return JB_PROGRAM_UNKNOWN;
        }
        head[got] = '\0';
        if ((size_t)got > SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0) {
            return elf_kind(fd, head, (size_t)got);
        }
        head[strcspn(head, "\n")] = '\0';
        if (!jb_starts(head, "#!") || !interpreter(head + 2, next, sizeof(next))) {
            return JB_PROGRAM_UNKNOWN;
        }
        memcpy(path, next, sizeof(path));
    }
    return JB_PROGRAM_UNKNOWN;
}
