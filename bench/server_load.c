/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What serving costs: a process with a board of 12 channels and 2 runs that ticks at 10 Hz, streams of events, and
 * requests beside them, each on a connection of its own. server_load STREAMS HZ REQUESTS_PER_S SECONDS prints the
 * server's CPU (of one processor) and memory, before anybody came and at the end; ticks that streams were sent of those
 * they were due, and how long requests took from connect to the last byte. The meter itself is not in it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "engine/board.h"
#include "server/server.h"

#define STREAMS_MAX 1000
#define TICK_NS     (100 * JB_NS_PER_MS)

static void fill(struct jb_board_view *view)
{
    view->layout = 1;
    view->interval_ns = TICK_NS;
    view->channel_count = 12;
    for (size_t i = 0; i < view->channel_count; i++) {
        struct jb_board_channel *channel = &view->channels[i];
        jb_snprintf(channel->id, sizeof(channel->id), "gpu/GPU-1a2b3c4d-5e6f-7a8b-9c0d-%012zu/board", i);
        jb_snprintf(channel->name, sizeof(channel->name), "NVIDIA H100 80GB HBM3");
        channel->in_total = true;
        channel->parent = channel->twin_of = -1;
    }
    view->run_count = 2;
    for (size_t i = 0; i < view->run_count; i++) {
        jb_snprintf(view->runs[i].id, sizeof(view->runs[i].id), "01K%023zu", i);
        jb_snprintf(view->runs[i].command, sizeof(view->runs[i].command), "python3 train.py");
    }
}

static void tick(struct jb_board *board, uint64_t seq)
{
    struct jb_board_view *view = jb_board_begin(board);
    view->seq = seq;
    view->t_ns = jb_mono_ns();
    view->wall_ns = jb_wall_ns();
    for (size_t i = 0; i < view->channel_count; i++) {
        view->channels[i].power_w = 300 + (double)(seq * 31 % 1000) / 7 + (double)i;
        view->channels[i].energy_uj += (uint64_t)(view->channels[i].power_w * 1e5);
        view->energy_uj += (uint64_t)(view->channels[i].power_w * 1e5);
    }
    jb_board_publish(board);
}

/* The other process: until its parent is gone or has had enough. */
static int serve(int told)
{
    struct jb_server_config config = {
        .listen = "127.0.0.1:0", .listen_fd = -1, .max_rate = 100000, .db_path = "none", .max_connections = 512};
    struct jb_server *server = NULL;
    struct jb_diag diag = {0};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (jb_board_create(&config.board) < 0) {
        return 1;
    }
    fill(jb_board_begin(config.board));
    jb_board_publish(config.board);
    if (jb_server_create(&config, &server, &diag) < 0) {
        fprintf(stderr, "%s\n", diag.text);
        return 1;
    }
    uint16_t port = jb_server_port(server);
    if (write(told, &port, sizeof(port)) != sizeof(port)) {
        return 1;
    }
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (uint64_t seq = 1;; seq++) {
        next.tv_nsec += (long)TICK_NS;
        next.tv_sec += next.tv_nsec / (long)JB_NS_PER_S;
        next.tv_nsec %= (long)JB_NS_PER_S;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
        tick(config.board, seq);
    }
}

struct cost {
    double cpu_s;
    long rss_kb, anon_kb;
};

static long field(const char *text, const char *name)
{
    const char *found = strstr(text, name);
    return found != NULL ? strtol(found + strlen(name), NULL, 10) : -1;
}

static struct cost cost_of(pid_t pid)
{
    struct cost cost = {0};
    char path[64], text[4096];
    clockid_t clock;
    struct timespec t;

    if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &t) == 0) {
        cost.cpu_s = (double)t.tv_sec + (double)t.tv_nsec / 1e9;
    }
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    if (jb_root_read(NULL, path, text, sizeof(text)) > 0) {
        cost.rss_kb = field(text, "VmRSS:");
        cost.anon_kb = field(text, "RssAnon:");
    }
    return cost;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
        perror("connect");
        exit(1);
    }
    return fd;
}

static struct pollfd streams[STREAMS_MAX];
static unsigned long ticks[STREAMS_MAX];

/* Ticks by their ids; one that is cut in two by a read counts in the first half. */
static int drain(int count, int timeout_ms)
{
    char text[16384];
    int ended = 0;

    if (poll(streams, (nfds_t)count, timeout_ms) <= 0) {
        return 0;
    }
    for (int i = 0; i < count; i++) {
        if (streams[i].revents == 0) {
            continue;
        }
        ssize_t got = recv(streams[i].fd, text, sizeof(text) - 1, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
            streams[i].fd = -1;
            ended++;
            continue;
        }
        text[got > 0 ? got : 0] = '\0';
        for (const char *at = strstr(text, "event: tick"); at != NULL; at = strstr(at + 1, "event: tick")) {
            ticks[i]++;
        }
    }
    return ended;
}

static double request(uint16_t port, unsigned long number, unsigned long *ret_bytes)
{
    static const char *const targets[] = {"/api/v1/live", "/metrics", "/", "/api/v1/runs", "/healthz"};
    char text[65536];
    uint64_t begin_ns = jb_mono_ns();
    int fd = connect_to(port);

    int length = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                          targets[number % (sizeof(targets) / sizeof(targets[0]))]);
    if (send(fd, text, (size_t)length, MSG_NOSIGNAL) != length) {
        perror("send");
    }
    unsigned long bytes = 0;
    for (ssize_t got = recv(fd, text, sizeof(text), 0); got > 0; got = recv(fd, text, sizeof(text), 0)) {
        if (bytes == 0 && strncmp(text, "HTTP/1.1 200", 12) != 0) {
            fprintf(stderr, "%.60s\n", text);
        }
        bytes += (unsigned long)got;
    }
    close(fd);
    *ret_bytes += bytes;
    return (double)(jb_mono_ns() - begin_ns) / 1e6;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void load(pid_t child, uint16_t port, int count, unsigned hz, unsigned rate, unsigned seconds)
{
    double *took_ms = calloc((size_t)rate * seconds + 1, sizeof(*took_ms));
    unsigned long asked = 0, bytes = 0, got = 0;
    int ended = 0;
    char text[256];

    for (int i = 0; i < count; i++) {
        streams[i] = (struct pollfd){.fd = connect_to(port), .events = POLLIN};
        snprintf(text, sizeof(text), "GET /api/v1/events?hz=%u HTTP/1.1\r\nHost: localhost\r\n\r\n", hz);
        if (send(streams[i].fd, text, strlen(text), MSG_NOSIGNAL) < 0) {
            perror("send");
        }
    }
    uint64_t settled_ns = jb_mono_ns() + JB_NS_PER_S;
    while (jb_mono_ns() < settled_ns) {
        ended += drain(count, 10);
    }
    memset(ticks, 0, sizeof(ticks));
    struct cost begin = cost_of(child);
    uint64_t begin_ns = jb_mono_ns(), end_ns = begin_ns + seconds * JB_NS_PER_S;
    for (uint64_t now_ns = begin_ns; now_ns < end_ns; now_ns = jb_mono_ns()) {
        unsigned long due = (unsigned long)((double)(now_ns - begin_ns) / 1e9 * rate);
        if (took_ms != NULL && asked < due && asked < (unsigned long)rate * seconds) {
            took_ms[asked] = request(port, asked, &bytes);
            asked++;
            ended += drain(count, 0);
        } else {
            ended += drain(count, 1);
        }
    }
    struct cost end = cost_of(child);
    double elapsed_s = (double)(jb_mono_ns() - begin_ns) / 1e9;
    for (int i = 0; i < count; i++) {
        got += ticks[i];
    }
    printf("%d streams at %u Hz, %u requests/s, %u s: CPU %.2f %%, RSS %ld KiB (of its own %ld KiB)\n", count, hz, rate,
           seconds, 100 * (end.cpu_s - begin.cpu_s) / elapsed_s, end.rss_kb, end.anon_kb);
    printf("  ticks %lu of %.0f, streams dropped %d\n", got, count * elapsed_s * hz, ended);
    if (asked > 0) {
        qsort(took_ms, asked, sizeof(*took_ms), by_size);
        printf("  requests %lu, %lu KiB: p50 %.2f ms, p99 %.2f ms, worst %.2f ms\n", asked, bytes / 1024,
               took_ms[asked / 2], took_ms[asked * 99 / 100], took_ms[asked - 1]);
    }
    free(took_ms);
}

int main(int argc, char **argv)
{
    uint64_t number[4] = {0};
    int told[2];
    uint16_t port = 0;

    for (int i = 0; i < 4; i++) {
        if (argc != 5 || jb_parse_u64(argv[i + 1], &number[i]) < 0) {
            fprintf(stderr, "usage: server_load STREAMS HZ REQUESTS_PER_S SECONDS\n");
            return 2;
        }
    }
    if (number[0] > STREAMS_MAX || pipe(told) < 0) {
        return 2;
    }
    pid_t child = fork();
    if (child == 0) {
        _exit(serve(told[1]));
    }
    close(told[1]);
    if (read(told[0], &port, sizeof(port)) != sizeof(port)) {
        return 1;
    }
    struct timespec pause = {.tv_sec = 1};
    nanosleep(&pause, NULL);
    struct cost alone = cost_of(child);
    printf("nobody there: RSS %ld KiB (of its own %ld KiB)\n", alone.rss_kb, alone.anon_kb);
    load(child, port, (int)number[0], (unsigned)number[1], (unsigned)number[2], (unsigned)number[3]);
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    return 0;
}
