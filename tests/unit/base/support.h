/* SPDX-License-Identifier: Apache-2.0 */
/*
 * support.h - what the tests of base/ share: a scratch folder, files in it, seeded random numbers.
 */
#ifndef JB_TEST_BASE_SUPPORT_H
#define JB_TEST_BASE_SUPPORT_H

#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <dirent.h>

struct scratch {
    char path[PATH_MAX / 4];
    char joined[4][PATH_MAX / 2]; /* so that a call can name a few files at once */
    unsigned next;
};

__attribute__((unused)) static void scratch_make(struct scratch *s)
{
    const char *base = getenv("TMPDIR");
    s->next = 0;
    snprintf(s->path, sizeof(s->path), "%s/jb-base-XXXXXX", base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(s->path));
}

__attribute__((unused)) static const char *scratch_at(struct scratch *s, const char *name)
{
    char *out = s->joined[s->next++ % 4];
    size_t folder = strlen(s->path), length = strlen(name);
    assert_true(folder + 1 + length < sizeof(s->joined[0]));
    memcpy(out, s->path, folder);
    out[folder] = '/';
    memcpy(out + folder + 1, name, length + 1);
    return out;
}

__attribute__((unused)) static void scratch_write(struct scratch *s, const char *name, const void *data, size_t length)
{
    FILE *f = fopen(scratch_at(s, name), "we");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, length, f), length);
    assert_int_equal(fclose(f), 0);
}

__attribute__((unused)) static void scratch_text(struct scratch *s, const char *name, const char *text)
{
    scratch_write(s, name, text, strlen(text));
}

__attribute__((unused)) static void remove_tree(const char *path)
{
    DIR *dir = opendir(path);
    if (dir) {
        for (struct dirent *e; (e = readdir(dir)) != NULL;) {
            if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
                char below[PATH_MAX];
                struct stat st;
                snprintf(below, sizeof(below), "%s/%s", path, e->d_name);
                if (lstat(below, &st) == 0 && S_ISDIR(st.st_mode)) {
                    remove_tree(below);
                } else {
                    unlink(below);
                }
            }
        }
        closedir(dir);
    }
    rmdir(path);
}

__attribute__((unused)) static void scratch_remove(struct scratch *s)
{
    remove_tree(s->path);
}

/* Number of entries of the folder: shows that no temporary file was left. */
__attribute__((unused)) static size_t scratch_count(struct scratch *s)
{
    size_t count = 0;
    DIR *dir = opendir(s->path);
    assert_non_null(dir);
    while (readdir(dir)) {
        count++;
    }
    closedir(dir);
    return count - 2;
}

/* Enters a locale that writes 1,5 for 1.5, made on the spot because few machines have one; skips the test where
 * even that is impossible. Leave it with setlocale(LC_ALL, "C"). */
__attribute__((unused)) static void enter_comma_locale(void)
{
    struct scratch s;
    scratch_make(&s);
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        dup2(null, 1);
        dup2(null, 2);
        execlp("localedef", "localedef", "-i", "de_DE", "-f", "UTF-8", scratch_at(&s, "de_DE.UTF-8"), (char *)NULL);
        _exit(1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    setenv("LOCPATH", s.path, 1);
    const char *entered = setlocale(LC_ALL, "de_DE.UTF-8");
    unsetenv("LOCPATH");
    scratch_remove(&s);
    char text[8];
    snprintf(text, sizeof(text), "%.1f", 1.5);
    if (!entered || strcmp(text, "1,5") != 0) {
        print_message("# no locale with a decimal comma can be made\n");
        skip();
    }
}

/* splitmix64. The seed comes from JB_SEED, so that a failure can be repeated. */
struct random {
    uint64_t seed, state;
};

__attribute__((unused)) static struct random random_start(void)
{
    const char *text = getenv("JB_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 10) : 20261122;
    return (struct random){seed, seed};
}

__attribute__((unused)) static uint64_t random_next(struct random *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

__attribute__((unused)) static size_t random_below(struct random *r, size_t n)
{
    return (size_t)(random_next(r) % n);
}

#define CHECK_SEEDED(r, condition)                                                                                     \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fail_msg("%s does not hold; repeat with JB_SEED=%llu", #condition, (unsigned long long)(r)->seed);         \
        }                                                                                                              \
    } while (0)

#endif
