/* SPDX-License-Identifier: Apache-2.0 */
/* What kind of program a command is: real files of this machine, and made-up heads of others. */
#include "test.h"

#include "engine/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/jb-program-XXXXXX";

static const char *put(const char *name, const void *bytes, size_t length)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
    close(fd);
    return path;
}

/* The head of a 64-bit program for `machine`, with a loader (NULL: static) and some text behind. */
static const char *make_elf(const char *name, int class, int machine, const char *loader, const char *text)
{
    struct {
        Elf64_Ehdr elf;
        Elf64_Phdr part;
        char loader[64], text[64];
    } file = {0};

    memcpy(file.elf.e_ident, ELFMAG, SELFMAG);
    file.elf.e_ident[EI_CLASS] = (unsigned char)class;
    file.elf.e_ident[EI_DATA] = ELFDATA2LSB;
    file.elf.e_machine = (Elf64_Half)machine;
    file.elf.e_phoff = sizeof(file.elf);
    file.elf.e_phentsize = sizeof(file.part);
    file.elf.e_phnum = 1;
    file.part.p_type = loader != NULL ? PT_INTERP : PT_LOAD;
    file.part.p_offset = (Elf64_Off)((char *)file.loader - (char *)&file);
    file.part.p_filesz = loader != NULL ? strlen(loader) + 1 : 0;
    snprintf(file.loader, sizeof(file.loader), "%s", loader != NULL ? loader : "");
    snprintf(file.text, sizeof(file.text), "%s", text);
    return put(name, &file, sizeof(file));
}

#if defined(__aarch64__)
#define OURS   EM_AARCH64
#define LOADER "/lib/ld-linux-aarch64.so.1"
#else
#define OURS   EM_X86_64
#define LOADER "/lib64/ld-linux-x86-64.so.2"
#endif

static void programs_of_this_machine_are_known(void **state)
{
    assert_int_equal(jb_program_kind("/bin/sh"), JB_PROGRAM_HOST);
    assert_int_equal(jb_program_kind("env"), JB_PROGRAM_HOST);
}

static void made_up_heads_are_told_apart(void **state)
{
    assert_int_equal(jb_program_kind(make_elf("host", ELFCLASS64, OURS, LOADER, "")), JB_PROGRAM_HOST);
    assert_int_equal(jb_program_kind(make_elf("static", ELFCLASS64, OURS, NULL, "")), JB_PROGRAM_STATIC);
    assert_int_equal(jb_program_kind(make_elf("musl", ELFCLASS64, OURS, "/lib/ld-musl-x86_64.so.1", "")),
                     JB_PROGRAM_FOREIGN);
    assert_int_equal(jb_program_kind(make_elf("other", ELFCLASS64, EM_PPC64, LOADER, "")), JB_PROGRAM_FOREIGN);
    assert_int_equal(jb_program_kind(make_elf("small", ELFCLASS32, EM_386, "/lib/ld-linux.so.2", "")),
                     JB_PROGRAM_FOREIGN);
}

static void scripts_are_followed_to_their_program(void **state)
{
    char text[256];
    const char *plain = "#!/bin/sh -e\necho\n", *by_env = "#!/usr/bin/env -S LANG=C sh -u\n",
               *lost = "#!/no/such/program\n";

    assert_int_equal(jb_program_kind(put("plain", plain, strlen(plain))), JB_PROGRAM_HOST);
    assert_int_equal(jb_program_kind(put("by_env", by_env, strlen(by_env))), JB_PROGRAM_HOST);
    assert_int_equal(jb_program_kind(put("lost", lost, strlen(lost))), JB_PROGRAM_UNKNOWN);
    snprintf(text, sizeof(text), "#!%s/circle\n", folder);
    assert_int_equal(jb_program_kind(put("circle", text, strlen(text))), JB_PROGRAM_UNKNOWN);
}

static void nonsense_is_unknown_and_nothing_else(void **state)
{
    assert_int_equal(jb_program_kind("/no/such/file"), JB_PROGRAM_UNKNOWN);
    assert_int_equal(jb_program_kind("no-such-command-anywhere"), JB_PROGRAM_UNKNOWN);
    assert_int_equal(jb_program_kind(""), JB_PROGRAM_UNKNOWN);
    assert_int_equal(jb_program_kind(put("empty", "", 0)), JB_PROGRAM_UNKNOWN);
    assert_int_equal(jb_program_kind(put("text", "hello\n", 6)), JB_PROGRAM_UNKNOWN);
    assert_int_equal(jb_program_kind(put("blank", "#! \n", 4)), JB_PROGRAM_UNKNOWN);
    assert_int_equal(jb_program_kind(put("cut", ELFMAG "\2\1\1", 7)), JB_PROGRAM_FOREIGN);
    Elf64_Ehdr elf = {.e_machine = OURS, .e_phoff = UINT64_MAX - 8, .e_phnum = 3, .e_phentsize = sizeof(Elf64_Phdr)};
    memcpy(elf.e_ident, ELFMAG "\2\1\1", 7);
    assert_int_equal(jb_program_kind(put("beyond", &elf, sizeof(elf))), JB_PROGRAM_UNKNOWN);
}

static void the_path_is_searched_as_exec_does(void **state)
{
    char path[4096], want[256], old[8192];

    snprintf(old, sizeof(old), "%s", getenv("PATH"));
    put("tool", "#!/bin/sh\n", 10);
    snprintf(want, sizeof(want), "%s/tool", folder);
    setenv("PATH", "/no/such/folder", 1);
    assert_int_equal(jb_program_find("tool", path, sizeof(path)), -ENOENT);
    setenv("PATH", folder, 1);
    assert_int_equal(jb_program_find("tool", path, sizeof(path)), 0);
    assert_string_equal(path, want);
    chmod(want, 0644);
    assert_int_equal(jb_program_find("tool", path, sizeof(path)), -ENOENT);
    assert_int_equal(jb_program_find("tool", path, 4), -ENOENT);
    setenv("PATH", old, 1);
}

static int make_folder(void **state)
{
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"host", "static", "musl",  "other", "small", "asan", "plain",  "by_env",
                                        "lost", "circle", "empty", "text",  "blank", "cut",  "beyond", "tool"};
    char path[256];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_of_this_machine_are_known),    cmocka_unit_test(made_up_heads_are_told_apart),
        cmocka_unit_test(scripts_are_followed_to_their_program), cmocka_unit_test(nonsense_is_unknown_and_nothing_else),
        cmocka_unit_test(the_path_is_searched_as_exec_does),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
