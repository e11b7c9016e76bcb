/* SPDX-License-Identifier: Apache-2.0 */
/* The copy of a counter: nobody but its maker writes it, and it shows the moments that are everybody's. */
#include "helper/copy.h"

#include "sensor/privileged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct fixture {
    char path[64];
    int raw_fd, given_fd, writer_fd;
    struct jb_helper_copy copy;
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void set_counter(struct fixture *f, const char *text)
{
    assert_int_equal(ftruncate(f->writer_fd, 0), 0);
    assert_int_equal(pwrite(f->writer_fd, text, strlen(text), 0), strlen(text));
}

static void get(struct fixture *f, struct jb_helper_page *page)
{
    assert_int_equal(pread(f->given_fd, page, sizeof(*page), 0), sizeof(*page));
}

/* Until a reading was in time. */
static void renew(struct fixture *f)
{
    struct jb_helper_page before, after;
    get(f, &before);
    do {
        jb_helper_copy_renew(&f->copy);
        get(f, &after);
    } while (memcmp(&before, &after, sizeof(before)) == 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    snprintf(f->path, sizeof(f->path), "/tmp/jb-copy-XXXXXX");
    f->writer_fd = mkstemp(f->path);
    f->raw_fd = open(f->path, O_RDONLY | O_CLOEXEC);
    f->given_fd = jb_helper_copy_create(&f->copy, f->raw_fd);
    *state = f;
    return f->writer_fd >= 0 && f->raw_fd >= 0 && f->given_fd >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    munmap(f->copy.page, sizeof(*f->copy.page));
    close(f->raw_fd);
    close(f->given_fd);
    close(f->writer_fd);
    unlink(f->path);
    free(f);
    return 0;
}

static void the_value_is_the_counters(void **state)
{
    struct fixture *f = *state;
    uint64_t value;
    set_counter(f, "262143328850\n");
    renew(f);
    assert_int_equal(jb_privileged_read(f->given_fd, &value), 0);
    assert_int_equal(value, UINT64_C(262143328850));
    set_counter(f, "18446744073709551615\n");
    renew(f);
    assert_int_equal(jb_privileged_read(f->given_fd, &value), 0);
    assert_true(value == UINT64_MAX);
}

static void a_new_copy_is_empty(void **state)
{
    struct fixture *f = *state;
    struct jb_helper_page page;
    set_counter(f, "1\n");
    get(f, &page);
    assert_true(page.t_ns == 0 && page.value == 0 && page.check == 0);
}

/* 300 ms without a pause: whatever is published was read at one of the moments, and each of them shows one or a few
 * values, all of its first 5 ms. */
static void only_the_common_moments_are_shown(void **state)
{
    struct fixture *f = *state;
    char text[32];
    unsigned seen = 0;
    uint64_t number = 0, end_ns = now_ns() + 300000000;
    while (now_ns() < end_ns) {
        struct jb_helper_page page;
        snprintf(text, sizeof(text), "%llu\n", (unsigned long long)++number);
        set_counter(f, text);
        jb_helper_copy_renew(&f->copy);
        get(f, &page);
        if (page.t_ns != 0) {
            seen++;
            assert_true(page.t_ns % JB_HELPER_PERIOD_NS <= JB_HELPER_LATE_NS);
        }
    }
    assert_true(seen > 0);
}

static void the_receiver_cannot_write(void **state)
{
    struct fixture *f = *state;
    char path[64];
    set_counter(f, "5\n");
    renew(f);
    assert_true(write(f->given_fd, "x", 1) < 0 && errno == EBADF);
    assert_int_equal(fcntl(f->given_fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_true(mmap(NULL, 32, PROT_READ | PROT_WRITE, MAP_SHARED, f->given_fd, 0) == MAP_FAILED);

    /* It owns the file and may open it anew for writing: the seals hold all the same. */
    (void)fchmod(f->given_fd, 0666);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", f->given_fd);
    int again = open(path, O_RDWR | O_CLOEXEC);
    assert_true(again >= 0);
    assert_true(pwrite(again, "x", 1, 0) < 0 && errno == EPERM);
    assert_true(pwrite(again, "x", 1, 4096) < 0 && errno == EPERM);
    assert_true(mmap(NULL, 32, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0) == MAP_FAILED && errno == EPERM);
    void *map = mmap(NULL, 32, PROT_READ, MAP_SHARED, again, 0);
    assert_true(map != MAP_FAILED);
    assert_true(mprotect(map, 32, PROT_READ | PROT_WRITE) < 0 && errno == EACCES);
    munmap(map, 32);
    assert_true(ftruncate(again, 0) < 0 && errno == EPERM);
    assert_true(ftruncate(again, 1 << 20) < 0 && errno == EPERM);
    assert_true(fallocate(again, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) < 0 && errno == EPERM);
    assert_true(fcntl(again, F_ADD_SEALS, F_SEAL_WRITE) < 0 && errno == EPERM);
    close(again);

    uint64_t value;
    assert_int_equal(jb_privileged_read(f->given_fd, &value), 0);
    assert_int_equal(value, 5);
    set_counter(f, "6\n");
    renew(f);
    assert_int_equal(jb_privileged_read(f->given_fd, &value), 0);
    assert_int_equal(value, 6);
}

static void what_the_counter_says_is_passed_on(void **state)
{
    static const struct {
        const char *text;
        int error;
    } cases[] = {
        {"", -EINVAL},
        {"\n", -EINVAL},
        {"-5\n", -EINVAL},
        {"5", -EINVAL},
        {"5 6\n", -EINVAL},
        {"5\n\n", -EINVAL},
        {"0x5\n", -EINVAL},
        {"18446744073709551616\n", -ERANGE},
        {"99999999999999999999999999999999999\n", -ERANGE},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t value = 77;
        set_counter(f, cases[i].text);
        jb_helper_copy_renew(&f->copy);
        assert_int_equal(jb_privileged_read(f->given_fd, &value), cases[i].error);
        assert_int_equal(value, 77);
    }
}

static void a_reading_of_two_renewals_is_not_believed(void **state)
{
    struct fixture *f = *state;
    uint64_t value = 77;
    set_counter(f, "1000\n");
    renew(f);
    f->copy.page->value = 2000; /* as if the helper were stopped between its stores */
    assert_int_equal(jb_privileged_read(f->given_fd, &value), -EAGAIN);
    assert_int_equal(value, 77);
}

static void a_copy_that_nobody_renews_is_stale(void **state)
{
    struct fixture *f = *state;
    uint64_t value = 77, t_ns = now_ns() - 2000000000;
    f->copy.page->t_ns = t_ns;
    f->copy.page->value = 3;
    f->copy.page->check = ~(t_ns ^ 3);
    assert_int_equal(jb_privileged_read(f->given_fd, &value), -ESTALE);
    assert_int_equal(value, 77);
}

static void other_files_are_no_copies(void **state)
{
    struct fixture *f = *state;
    uint64_t value = 77;
    int ends[2];
    set_counter(f, "12345678901234567890123456789012345678901234567890\n");
    assert_int_equal(jb_privileged_read(f->raw_fd, &value), -ENODATA);
    set_counter(f, "JBCOPY1\n");
    assert_int_equal(jb_privileged_read(f->raw_fd, &value), -ENODATA);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(jb_privileged_read(ends[0], &value), -ENODATA);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(value, 77);
}

static void it_is_given_away_at_its_end(void **state)
{
    struct fixture *f = *state;
    char byte;
    assert_int_equal(read(f->given_fd, &byte, 1), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_value_is_the_counters),          TEST(a_new_copy_is_empty),
        TEST(only_the_common_moments_are_shown),  TEST(the_receiver_cannot_write),
        TEST(what_the_counter_says_is_passed_on), TEST(a_reading_of_two_renewals_is_not_believed),
        TEST(a_copy_that_nobody_renews_is_stale), TEST(other_files_are_no_copies),
        TEST(it_is_given_away_at_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
