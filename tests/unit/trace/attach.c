/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the ring, or what is in its place (trace/wire.h, trace/writer.h). */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

static const char *place_of(int fd)
{
    static char place[64];
    snprintf(place, sizeof(place), "/proc/%d/fd/%d", (int)getpid(), fd);
    return place;
}

/* A copy of a ring's header in a file of this size with these seals. */
static int imitation(const struct fixture *f, uint64_t size, int seals)
{
    int fd = memfd_create("imitation", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_true(pwrite(fd, jb_wire_header(f->wire), 4096, 0) >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

static int map_and_unmap(int fd)
{
    void *base = NULL;
    int err = jb_wire_map(place_of(fd), 1, 0, &base);
    assert_true((err == 0) == (base != NULL));
    if (base) {
        munmap(base, JB_WIRE_FILE_BYTES);
    }
    close(fd);
    return err;
}

static void only_a_ring_is_a_ring(void **state)
{
    struct fixture *f = *state;
    void *base = NULL;
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW;
    assert_int_equal(map_and_unmap(imitation(f, JB_WIRE_FILE_BYTES, seals)), 0);
    assert_int_equal(map_and_unmap(imitation(f, JB_WIRE_FILE_BYTES, F_SEAL_GROW)), -EBADMSG);
    assert_int_equal(map_and_unmap(imitation(f, JB_WIRE_FILE_BYTES - 1, seals)), -EPROTO);
    assert_int_equal(map_and_unmap(imitation(f, 4096, seals)), -EPROTO);
    assert_int_equal(map_and_unmap(imitation(f, 0, seals)), -EPROTO);
    assert_int_equal(map_and_unmap(open("/dev/null", O_RDWR)), -EBADMSG);
    assert_int_equal(map_and_unmap(open("/tmp", O_RDONLY)), -EBADMSG);
    assert_int_equal(jb_wire_map("", 1, 0, &base), -EBADMSG);
    assert_int_equal(jb_wire_map("/dev/zero", 1, 0, &base), -EBADMSG);
    assert_int_equal(jb_wire_map("/proc/self/fd/9999", 1, 0, &base), -ENOENT);
    assert_int_equal(jb_wire_map("/proc/999999999/fd/1", 1, 0, &base), -ENOENT);
    assert_int_equal(jb_wire_map("/proc/self/stat", 0, 0, &base), -EBADMSG);
    assert_null(base);
}

/* Who opens a FIFO for writing wakes its reader; opening a watchdog or a tape does worse. */
static void nothing_but_memory_is_opened(void **state)
{
    struct fixture *f = *state;
    char fifo[64], path[128];
    void *base = NULL;
    snprintf(fifo, sizeof(fifo), "/tmp/joulebook-attach-%d", (int)getpid());
    assert_int_equal(mkfifo(fifo, 0600), 0);
    int reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct pollfd opened = {.fd = reader, .events = POLLIN};
    assert_true(reader >= 0);
    snprintf(path, sizeof(path), "/proc/..%s", fifo);
    assert_int_equal(jb_wire_map(path, 1, 0, &base), -EBADMSG);
    snprintf(path, sizeof(path), "/proc/self/root%s", fifo);
    assert_int_equal(jb_wire_map(path, 1, 0, &base), -EBADMSG);
    assert_int_equal(jb_wire_map(place_of(reader), 1, 0, &base), -EBADMSG);
    assert_int_equal(poll(&opened, 1, 0), 0); /* POLLHUP if a writer had come and gone */
    close(reader);
    unlink(fifo);
    const char *const no_descriptors[] = {"/proc/self/fd/", "/proc//fd/3", "/proc/self/fd/3/", "/proc/1/../self/fd/3",
                                          "/proc/self/task/1/fd/3"};
    for (size_t i = 0; i < sizeof(no_descriptors) / sizeof(no_descriptors[0]); i++) {
        assert_int_equal(jb_wire_map(no_descriptors[i], 1, 0, &base), -EBADMSG);
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%s", strrchr(jb_ring_place(f->ring), '/') + 1);
    assert_int_equal(jb_wire_map(path, 0, 0, &base), 0);
    munmap(base, JB_WIRE_FILE_BYTES);
}

/* Of a process with these limits on the size of files: 0, or the error of making a ring. */
static int ring_within(rlim_t soft, rlim_t hard)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit limit = {soft, hard}, after;
        struct jb_ring *ring = NULL;
        int err = setrlimit(RLIMIT_FSIZE, &limit) < 0 ? -1 : jb_ring_create(&ring, NULL);
        bool kept = getrlimit(RLIMIT_FSIZE, &after) == 0 && after.rlim_cur == soft && after.rlim_max == hard;
        _exit(kept ? -err : 255);
    }
    return exit_of(pid);
}

static void a_limit_on_files_does_not_kill_the_meter(void **state)
{
    (void)state;
    assert_int_equal(ring_within(1 << 20, 1 << 20), EFBIG);
    assert_int_equal(ring_within(0, JB_WIRE_FILE_BYTES - 1), EFBIG);
    assert_int_equal(ring_within(0, JB_WIRE_FILE_BYTES), 0);
    assert_int_equal(ring_within(JB_WIRE_FILE_BYTES, JB_WIRE_FILE_BYTES), 0);
}

static void a_ring_of_another_layout_is_refused(void **state)
{
    struct fixture *f = *state;
    struct jb_wire_header *header = jb_wire_header(f->wire);
    uint32_t *const words[] = {&header->version,    &header->slots,
                               &header->events,     &header->names,
                               &header->name_bytes, &header->slots_at,
                               &header->names_at,   &header->name_bytes_at,
                               &header->rings_at,   (uint32_t *)&header->file_bytes};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        (*words[i])++;
        void *base = NULL;
        assert_int_equal(jb_wire_map(jb_ring_place(f->ring), 1, 0, &base), -EPROTO);
        assert_null(base);
        (*words[i])--;
    }
    header->magic++;
    assert_null(jb_wire_attach_place(jb_ring_place(f->ring)));
}

static void the_file_cannot_be_cut(void **state)
{
    struct fixture *f = *state;
    int fd = open(jb_ring_place(f->ring), O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 4096), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
    close(fd);
}

/* attach() asks the environment once for a process, so each case is a process. */
static int attach_with(const char *place)
{
    pid_t pid = fork();
    if (pid == 0) {
        char program[512];
        const char *root = getenv("JB_BUILD_ROOT");
        snprintf(program, sizeof(program), "%s/tests/stub/wire_app", root ? root : ".");
        if (place) {
            setenv("JOULEBOOK_RING", place, 1);
        } else {
            unsetenv("JOULEBOOK_RING");
        }
        execl(program, "wire_app", "spans", "1", (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    return exit_of(pid);
}

/* The last word counts; what a hostile program leaves there is no plan. */
static void a_plan_is_told_past_all_rings(void **state)
{
    struct fixture *f = *state;
    struct jb_ring *second;

    assert_int_equal(state_of(f).planned, 0);
    jb_wire_planned(f->wire, 30);
    jb_wire_planned(f->wire, 12);
    assert_int_equal(state_of(f).planned, 12);
    jb_wire_planned(f->wire, JB_WIRE_PLANNED);
    assert_int_equal(state_of(f).planned, JB_WIRE_PLANNED);
    jb_wire_planned(f->wire, JB_WIRE_PLANNED + 1);
    assert_int_equal(state_of(f).planned, 0);
    jb_wire_planned(f->wire, UINT32_MAX);
    assert_int_equal(state_of(f).planned, 0);
    jb_wire_planned(f->wire, 7);
    assert_int_equal(state_of(f).events + state_of(f).nonsense + state_of(f).dropped, 0); /* it is no event */
    assert_int_equal(jb_ring_peek(jb_ring_place(f->ring), &second, NULL), 0);
    struct jb_ring_state seen;
    jb_ring_state(second, &seen);
    assert_int_equal(seen.planned, 7);
    jb_ring_destroy(second);
    jb_wire_planned(NULL, 3);
}

static void without_a_ring_nothing_happens(void **state)
{
    struct fixture *f = *state;
    int fd = imitation(f, JB_WIRE_FILE_BYTES, 0);
    assert_int_equal(attach_with(NULL), 3);
    assert_int_equal(attach_with(""), 3);
    assert_int_equal(attach_with("nonsense"), 3);
    assert_int_equal(attach_with("/proc/1/fd/99999"), 3);
    assert_int_equal(attach_with(place_of(fd)), 3);
    assert_int_equal(attach_with(jb_ring_place(f->ring)), 0);
    close(fd);
}

static void a_program_with_few_addresses_keeps_them(void **state)
{
    struct fixture *f = *state;
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit limit = {(rlim_t)4 << 30, (rlim_t)4 << 30};
        setrlimit(RLIMIT_AS, &limit);
        jb_wire_detach();
        _exit(jb_wire_attach_place(jb_ring_place(f->ring)) ? 1 : 0);
    }
    assert_int_equal(exit_of(pid), 0);
}

static void attaching_again_is_the_same(void **state)
{
    struct fixture *f = *state;
    assert_ptr_equal(jb_wire_attach(), f->wire);
    assert_ptr_equal(jb_wire_attach_place(jb_ring_place(f->ring)), f->wire);
    span(f->wire, "x");
    assert_int_equal(read_all(f), 2);
}

static void another_ring_replaces_the_first(void **state)
{
    struct fixture *f = *state;
    struct jb_ring *second;
    assert_int_equal(jb_ring_create(&second, NULL), 0);
    jb_ring_listen(second, JB_LEVEL_OFF, 0);
    assert_true(jb_wire_begin(f->wire, JB_EVENT_PHASE, 0, 0));
    struct jb_wire *wire = jb_wire_attach_place(jb_ring_place(second));
    assert_ptr_not_equal(wire, f->wire);
    assert_ptr_equal(jb_wire_attach(), wire);
    span(f->wire, "not written"); /* by who remembers the first */
    jb_wire_end(f->wire, JB_EVENT_PHASE);
    span(wire, "written");
    assert_int_equal(read_all(f), 2);
    assert_int_equal(f->got[1].event.kind, JB_EVENT_NONE); /* the slot was given back */
    struct jb_traced got[8];
    assert_int_equal(jb_ring_drain(second, jb_mono_ns(), got, 8), 2);
    assert_string_equal(jb_ring_name(second, got[0].event.name), "written");
    jb_wire_detach();
    span(wire, "not written");
    assert_int_equal(jb_ring_drain(second, jb_mono_ns(), got, 8), 1);
    assert_int_equal(got[0].event.kind, JB_EVENT_NONE);
    assert_null(jb_wire_attach()); /* until told of another */
    jb_ring_destroy(second);
}

static void *writes_on(void *argument)
{
    atomic_bool *stop = argument;
    while (!atomic_load(stop)) {
        struct jb_wire *wire = jb_wire_attach();
        for (int i = 0; i < 100; i++) {
            span(wire, "x");
        }
    }
    return NULL;
}

/* Rings come and go under threads that write all the time. */
static void rings_may_change_while_others_write(void **state)
{
    struct fixture *f = *state;
    atomic_bool stop = false;
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, writes_on, &stop), 0);
    }
    for (unsigned round = 0; round < 30; round++) {
        struct jb_ring *ring;
        struct jb_traced got[64];
        assert_int_equal(jb_ring_create(&ring, NULL), 0);
        jb_ring_listen(ring, JB_LEVEL_FULL, 0);
        assert_non_null(jb_wire_attach_place(jb_ring_place(ring)));
        WAIT_FOR(jb_ring_drain(ring, jb_mono_ns(), got, 64) > 0);
        struct jb_ring_state told;
        jb_ring_state(ring, &told);
        assert_int_equal(told.nonsense, 0);
        jb_ring_destroy(ring);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_false(jb_wire_listening(f->wire));
}

static void the_meter_that_ends_says_so(void **state)
{
    struct jb_ring *ring;
    struct fixture *f = *state;
    assert_int_equal(jb_ring_create(&ring, NULL), 0);
    struct jb_wire *wire = jb_wire_attach_place(jb_ring_place(ring));
    assert_false(jb_wire_listening(wire)); /* not yet */
    jb_ring_listen(ring, JB_LEVEL_OFF, 0);
    assert_true(jb_wire_listening(wire));
    jb_ring_destroy(ring);
    assert_false(jb_wire_listening(wire));
    assert_false(jb_wire_begin(wire, JB_EVENT_OPERATOR, 0, 0));
    jb_ring_destroy(NULL);
    assert_int_equal(read_all(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_a_ring_is_a_ring, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_but_memory_is_opened, setup, teardown),
        cmocka_unit_test_setup_teardown(a_limit_on_files_does_not_kill_the_meter, setup, teardown),
        cmocka_unit_test_setup_teardown(a_ring_of_another_layout_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(the_file_cannot_be_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(a_plan_is_told_past_all_rings, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_ring_nothing_happens, setup, teardown),
        cmocka_unit_test_setup_teardown(a_program_with_few_addresses_keeps_them, setup, teardown),
        cmocka_unit_test_setup_teardown(attaching_again_is_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(another_ring_replaces_the_first, setup, teardown),
        cmocka_unit_test_setup_teardown(rings_may_change_while_others_write, setup, teardown),
        cmocka_unit_test_setup_teardown(the_meter_that_ends_says_so, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
