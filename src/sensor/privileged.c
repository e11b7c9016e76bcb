/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privileged.c - the client of joulebook-sensors (src/helper/): starts it with a socket as its descriptor 3 and nothing
 * else of ours, sends one packet a question, takes one packet an answer.
 *
 * The helper has a session of its own, so that no key of the terminal reaches it, and no environment. What it answers
 * is taken as from a stranger: JOULEBOOK_HELPER may name any program.
 */
#include "sensor/privileged.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELPER_SOCKET 3
#define ANSWER_WAIT_S 1

struct jb_privileged {
    atomic_uint references;
    char *program;
    pthread_mutex_t mutex; /* of what follows, pid and cpu_ns aside */
    int socket;            /* -1: none */
    bool started;          /* never again, whatever became of it */
    _Atomic pid_t pid;     /* 0: none, or waited for */
    atomic_ullong cpu_ns;  /* of one that was waited for */
};

const char *jb_privileged_installed(void)
{
    return JB_HELPER_PATH;
}

const char *jb_privileged_program(void)
{
    const char *named = getenv("JOULEBOOK_HELPER");
    return named != NULL && named[0] != '\0' ? named : jb_privileged_installed();
}

struct jb_privileged *jb_privileged_create(const char *program)
{
    struct jb_privileged *privileged = calloc(1, sizeof(*privileged));
    if (privileged == NULL) {
        return NULL;
    }
    privileged->program = strdup(program);
    if (privileged->program == NULL || pthread_mutex_init(&privileged->mutex, NULL) != 0) {
        free(privileged->program);
        free(privileged);
        return NULL;
    }
    privileged->references = 1;
    privileged->socket = -1;
    return privileged;
}

struct jb_privileged *jb_privileged_ref(struct jb_privileged *privileged)
{
    if (privileged != NULL) {
        atomic_fetch_add(&privileged->references, 1);
    }
    return privileged;
}

void jb_privileged_unref(struct jb_privileged *privileged)
{
    if (privileged == NULL || atomic_fetch_sub(&privileged->references, 1) > 1) {
        return;
    }
    jb_closep(&privileged->socket);
    pid_t pid = privileged->pid;
    if (pid > 0) {
        /* It has nothing to put away, and one that somebody has stopped would keep us waiting. */
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    pthread_mutex_destroy(&privileged->mutex);
    free(privileged->program);
    free(privileged);
}

/* 0 or a positive errno, as posix_spawn has it. */
static int fill_actions(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int socket)
{
    sigset_t all;
    sigfillset(&all);
    int error = posix_spawn_file_actions_adddup2(actions, socket, HELPER_SOCKET);
    for (int fd = 0; fd < HELPER_SOCKET && error == 0; fd++) {
        error = posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
    }
    error = error != 0 ? error : posix_spawn_file_actions_addclosefrom_np(actions, HELPER_SOCKET + 1);
    error = error != 0 ? error : posix_spawnattr_setsigmask(attributes, &all);
    return error != 0 ? error : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
}

static int spawn(struct jb_privileged *privileged, int socket)
{
    char name[] = "joulebook-sensors", *argv[] = {name, NULL}, *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t pid;

    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return -error;
    }
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = fill_actions(&actions, &attributes, socket);
        error = error != 0 ? error : posix_spawn(&pid, privileged->program, &actions, &attributes, argv, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    if (error == 0) {
        privileged->pid = pid;
    }
    return -error;
}

static int start(struct jb_privileged *privileged)
{
    const struct timeval wait = {.tv_sec = ANSWER_WAIT_S};
    int ends[2];

    privileged->started = true;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        return -errno;
    }
    int error = setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
                        setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0
                    ? -errno
                    : spawn(privileged, ends[1]);
    close(ends[1]);
    if (error < 0) {
        close(ends[0]);
        return error;
    }
    privileged->socket = ends[0];
    return 0;
}

/* The descriptor of a message; -1: none, or more than the one we asked for, which are then closed. */
static int take_descriptor(struct msghdr *message)
{
    int fd = -1, taken = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
        size_t count = header->cmsg_len > CMSG_LEN(0) ? (header->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
        for (size_t i = 0; header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS && i < count; i++) {
            jb_closep(&fd);
            memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(fd));
            taken++;
        }
    }
    if (taken > 1) {
        jb_closep(&fd);
    }
    return taken == 1 ? fd : -1;
}

/* What counters are: files, and perf's (of no type), of which none makes a reader wait. */
static bool may_be_counter(int fd)
{
    struct stat st;
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && fstat(fd, &st) == 0 &&
           (S_ISREG(st.st_mode) || (st.st_mode & S_IFMT) == 0);
}

/* One question. *ret_broken: the conversation cannot go on. */
static int ask(int socket, const char *what, bool *ret_broken)
{
    int32_t error = 0;
    struct iovec data = {&error, sizeof(error)};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    ssize_t got = -1;

    *ret_broken = true;
    if (send(socket, what, strlen(what), MSG_NOSIGNAL) < 0) {
        return -EACCES;
    }
    do {
        got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return -EACCES; /* in time, or at all: a late answer would be taken for that of the next question */
    }
    int fd = take_descriptor(&message);
    if (got != (ssize_t)sizeof(error) || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || error < 0 ||
        error > 4095 || (error == 0) != (fd >= 0) || (fd >= 0 && !may_be_counter(fd))) {
        jb_closep(&fd);
        return -EACCES;
    }
    *ret_broken = false;
    return error == 0 ? fd : -error;
}

int jb_privileged_open(struct jb_privileged *privileged, const char *what)
{
    if (privileged == NULL || what[0] == '\0') {
        return -EINVAL;
    }
    bool broken = false;
    int result = -EACCES;
    pthread_mutex_lock(&privileged->mutex);
    if (privileged->socket >= 0 || (!privileged->started && start(privileged) == 0)) {
        result = ask(privileged->socket, what, &broken);
    }
    if (broken) {
        jb_closep(&privileged->socket); /* the helper ends by that */
        privileged->socket = -1;
    }
    pthread_mutex_unlock(&privileged->mutex);
    return result;
}

pid_t jb_privileged_pid(const struct jb_privileged *privileged)
{
    return privileged != NULL ? privileged->pid : 0;
}

bool jb_privileged_reaped(struct jb_privileged *privileged, pid_t pid, uint64_t cpu_ns)
{
    if (privileged == NULL || pid <= 0 || privileged->pid != pid) {
        return false;
    }
    privileged->cpu_ns = cpu_ns;
    privileged->pid = 0;
    return true;
}

uint64_t jb_privileged_cpu_ns(const struct jb_privileged *privileged)
{
    pid_t pid = jb_privileged_pid(privileged);
    uint64_t used_ns;

    if (pid > 0 && jb_process_cpu_ns(pid, &used_ns) == 0) {
        return used_ns;
    }
    return privileged != NULL ? privileged->cpu_ns : 0;
}
