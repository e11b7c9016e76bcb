/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_world.h - the machine's meter on made-up sensors, on a thread of the test, and somebody who talks to it in raw
 * packets. What the meter's thread owns is looked at while it is halted only. */
#ifndef JB_TESTS_ENGINE_DAEMON_WORLD_H
#define JB_TESTS_ENGINE_DAEMON_WORLD_H

#include "burner.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "engine/daemon.h"
#include "engine/daemon_impl.h"
#include "link/link.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#define LONG_NS (20 * JB_NS_PER_S) /* what has not come by then will not */

struct world {
    char folder[64], socket[96], db[96];
    struct jb_intensity intensity;
    struct jb_daemon_config config;
    struct jb_daemon *daemon;
    pthread_t thread;
    int stop_fd, result;
    bool running;
    unsigned alive;
};

static unsigned fds_now(void)
{
    unsigned count = 0;
    DIR *dir = opendir("/proc/self/fd");

    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    closedir(dir);
    return count;
}

/* CPU time of a thread. */
__attribute__((unused)) static uint64_t thread_ns(pthread_t thread)
{
    struct timespec used;
    clockid_t clock;

    assert_int_equal(pthread_getcpuclockid(thread, &clock), 0);
    assert_int_equal(clock_gettime(clock, &used), 0);
    return (uint64_t)used.tv_sec * JB_NS_PER_S + (uint64_t)used.tv_nsec;
}

/* The fewest of some looks: a meter on another thread opens files of /proc for a moment. */
__attribute__((unused)) static unsigned count_fds(void)
{
    unsigned fewest = fds_now();

    for (int i = 0; i < 10; i++) {
        usleep(3000);
        unsigned now = fds_now();
        fewest = now < fewest ? now : fewest;
    }
    return fewest;
}

__attribute__((unused)) static void count_alive(void *context)
{
    struct world *world = context;

    __atomic_add_fetch(&world->alive, 1, __ATOMIC_SEQ_CST);
}

__attribute__((unused)) static void *meter_thread(void *context)
{
    struct world *world = context;

    world->result = jb_daemon_run(world->daemon, world->stop_fd, count_alive, world);
    return NULL;
}

__attribute__((unused)) static void world_run(struct world *world)
{
    assert_int_equal(pthread_create(&world->thread, NULL, meter_thread, world), 0);
    world->running = true;
}

__attribute__((unused)) static void world_halt(struct world *world)
{
    uint64_t one = 1;

    if (world->running) {
        assert_int_equal(write(world->stop_fd, &one, sizeof(one)), sizeof(one));
        pthread_join(world->thread, NULL);
        assert_int_equal(read(world->stop_fd, &one, sizeof(one)), sizeof(one));
        assert_int_equal(world->result, 0);
        world->running = false;
    }
}

/* A folder and a configuration, to be changed before world_begin(). */
__attribute__((unused)) static void world_make(struct world *world, const char *sensors)
{
    *world = (struct world){.stop_fd = eventfd(0, EFD_CLOEXEC)};
    jb_copy(world->folder, sizeof(world->folder), "/tmp/jb-daemon-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    assert_int_equal(chmod(world->folder, 0755), 0);
    snprintf(world->socket, sizeof(world->socket), "%s/socket", world->folder);
    snprintf(world->db, sizeof(world->db), "%s/x.db", world->folder);
    world->intensity =
        (struct jb_intensity){.zone = "X", .g_per_kwh = 400, .rel_error = 0.1, .factor = "lifecycle", .given = true};
    world->config = (struct jb_daemon_config){
        .session =
            {
                .sensors = sensors,
                .db_path = "none",
                .interval_ns = 50 * JB_NS_PER_MS,
                .open_wait_ns = 2 * JB_NS_PER_S,
                .basis = "footprint",
                .pue = 1,
                .intensity = &world->intensity,
            },
        .socket = world->socket,
        .socket_fd = -1,
        .shared = true,
    };
}

__attribute__((unused)) static void world_begin(struct world *world)
{
    struct jb_diag diag = {0};

    if (jb_daemon_create(&world->config, &world->daemon, &diag) < 0) {
        fail_msg("%s", diag.text);
    }
    world_run(world);
}

__attribute__((unused)) static void world_end(struct world *world)
{
    static const char *const names[] = {"x.db", "x.db-wal", "x.db-shm", "socket.lock"};
    char path[160];

    world_halt(world);
    assert_false(jb_daemon_destroy(world->daemon));
    assert_int_equal(access(world->socket, F_OK), -1);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", world->folder, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(world->folder), 0);
    close(world->stop_fd);
}

/* Wait until the board shows so many runs, or programs that are connected. */
__attribute__((unused)) static void await_board(struct world *world, size_t runs, unsigned clients)
{
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;
    size_t run_count;
    unsigned client_count;

    do {
        const struct jb_board_view *view = jb_board_look(jb_daemon_board(world->daemon));
        run_count = view->run_count;
        client_count = view->clients;
        jb_board_release(jb_daemon_board(world->daemon));
        if (jb_mono_ns() >= deadline_ns) {
            fail_msg("%zu runs and %u clients, not %zu and %u", run_count, client_count, runs, clients);
        }
        poll(NULL, 0, 10);
    } while (run_count != runs || client_count != clients);
}

/* ---- somebody who talks ---- */

struct talk {
    int fd;
    unsigned char buffer[JB_LINK_MAX];
    struct jb_link_message message;
};

__attribute__((unused)) static struct talk *talk_to(const struct world *world)
{
    struct talk *talk = calloc(1, sizeof(*talk));
    struct jb_diag diag = {0};

    assert_non_null(talk);
    if (jb_link_connect(world->socket, &talk->fd, &diag) < 0) {
        fail_msg("%s", diag.text);
    }
    return talk;
}

__attribute__((unused)) static void talk_end(struct talk *talk)
{
    if (talk != NULL) {
        close(talk->fd);
        free(talk);
    }
}

/* What does not go out at once because the other end hung up is found out by listening. */
__attribute__((unused)) static void say_packet(struct talk *talk, ssize_t length, int descriptor)
{
    assert_true(length > 0);
    int r = jb_link_send(talk->fd, talk->buffer, (size_t)length, descriptor);
    assert_true(r == 0 || r == -EPIPE);
}

__attribute__((unused)) static void say(struct talk *talk, enum jb_link_kind kind)
{
    say_packet(talk, jb_link_pack_empty(kind, talk->buffer), -1);
}

__attribute__((unused)) static struct jb_link_hello plain_hello(pid_t pid)
{
    return (struct jb_link_hello){.version = JB_LINK_VERSION,
                                  .run = "01KAAAAAAAAAAAAAAAAAAAAAAA",
                                  .pid = pid,
                                  .interval_ns = 100 * JB_NS_PER_MS,
                                  .basis = "footprint",
                                  .pue = 1};
}

__attribute__((unused)) static void say_hello(struct talk *talk, const struct jb_link_hello *hello)
{
    say_packet(talk, jb_link_pack_hello(hello, talk->buffer), -1);
}

__attribute__((unused)) static void say_news(struct talk *talk, const char *phase)
{
    struct jb_link_news news = {.epoch = 1, .step = 2};

    jb_copy(news.phase, sizeof(news.phase), phase);
    say_packet(talk, jb_link_pack_news(&news, talk->buffer), -1);
}

/* The next message, or 0: it hung up. */
__attribute__((unused)) static int hear_next(struct talk *talk)
{
    struct pollfd wait = {.fd = talk->fd, .events = POLLIN};
    int descriptor;

    if (poll(&wait, 1, (int)(LONG_NS / JB_NS_PER_MS)) <= 0) {
        fail_msg("nothing was said");
    }
    ssize_t length = jb_link_receive(talk->fd, talk->buffer, &descriptor);
    if (length <= 0) {
        return 0;
    }
    assert_int_equal(descriptor, -1);
    assert_int_equal(jb_link_unpack(talk->buffer, (size_t)length, &talk->message), 0);
    return (int)talk->message.kind;
}

__attribute__((unused)) static void hear_kind(struct talk *talk, enum jb_link_kind kind)
{
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;
    int heard;

    while ((heard = hear_next(talk)) != (int)kind) {
        if (heard == 0 || jb_mono_ns() >= deadline_ns) {
            fail_msg("it %s before it said %d", heard == 0 ? "hung up" : "went on", (int)kind);
        }
    }
}

__attribute__((unused)) static void hear_cut(struct talk *talk, enum jb_link_cut_kind kind)
{
    do {
        hear_kind(talk, JB_LINK_CUT);
    } while (talk->message.cut.kind != kind);
}

__attribute__((unused)) static void hear_end(struct talk *talk)
{
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;

    while (hear_next(talk) != 0) {
        assert_true(jb_mono_ns() < deadline_ns);
    }
}

__attribute__((unused)) static struct talk *talk_attached(const struct world *world, pid_t pid)
{
    struct talk *talk = talk_to(world);
    struct jb_link_hello hello = plain_hello(pid);

    say_hello(talk, &hello);
    hear_kind(talk, JB_LINK_WELCOME);
    hear_kind(talk, JB_LINK_CHANNEL_LIST);
    return talk;
}

__attribute__((unused)) static struct talk *talk_running(const struct world *world, pid_t pid)
{
    struct talk *talk = talk_attached(world, pid);

    say(talk, JB_LINK_START);
    hear_cut(talk, JB_LINK_CUT_STARTED);
    return talk;
}

__attribute__((unused)) static void stop_running(struct talk *talk)
{
    say(talk, JB_LINK_STOP);
    hear_cut(talk, JB_LINK_CUT_FINAL);
}

#endif
