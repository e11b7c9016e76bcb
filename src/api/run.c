/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run that the program starts itself: `joulebook meter` looks at this process from outside (src/cli/meter.c).
 *
 * One socket: the meter says where its ring is, we say "0" or "1" (did it go well?) and shut our half down, the meter
 * says the record and closes. It is shut down and not only closed, so that a child of a fork that still holds a copy
 * cannot keep the run open. When this process ends in any way the kernel closes it, and the meter sees that by itself.
 *
 * Odd: a program may close all descriptors that it does not know, and open others under their numbers. So before ours
 * is used it is looked at whether it still is the socket that it was.
 */
#include "api/api.h"
#include "api/private.h"
#include "joulebook/joulebook.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_NS     UINT64_C(10000000000) /* for the meter to be ready, and for its record */
#define WHY_NS      UINT64_C(1000000000)  /* it has ended: its reason is there, or its end is */
#define MAX_OPTIONS 80
#define MAX_PLACE   64

/* Of this process; a fork's child begins without. The lock is held over start and stop, which may take seconds. */
static struct {
    pthread_mutex_t lock;
    int talk; /* -1: no run of ours */
    dev_t device;
    ino_t inode; /* of the socket */
    pid_t meter;
    char place[MAX_PLACE]; /* empty: it has no ring */
    atomic_bool complained;
} run = {.lock = PTHREAD_MUTEX_INITIALIZER, .talk = -1};

static bool still_ours(void)
{
    struct stat status;

    return run.talk >= 0 && fstat(run.talk, &status) == 0 && S_ISSOCK(status.st_mode) && status.st_dev == run.device &&
           status.st_ino == run.inode;
}

static void close_talk(void)
{
    if (still_ours()) {
        close(run.talk);
    }
    run.talk = -1;
}

/* The run is the parent's. Whatever thread held the lock does not exist here. */
static void forked(void)
{
    pthread_mutex_init(&run.lock, NULL);
    close_talk();
}

/* argv of the meter, pointing into what is given; false: too many. */
static bool make_argv(char *path, char *pid, const char *const *options, char **ret)
{
    static char meter[] = "meter", flag[] = "--pid";
    char *fixed[] = {path, meter, flag, pid};
    size_t count = sizeof(fixed) / sizeof(fixed[0]);

    memcpy(ret, fixed, sizeof(fixed));
    for (size_t i = 0; options != NULL && options[i] != NULL; i++) {
        if (count == MAX_OPTIONS) {
            return false;
        }
        union {
            const char *in;
            char *out;
        } word = {.in = options[i]}; /* execve() takes char * and changes nothing */
        ret[count++] = word.out;
    }
    ret[count] = NULL;
    return true;
}

/* Why it did not start, by what it wrote on stderr; else by errno. */
static void tell_why(int errors, int error, const char *path, char *why, size_t size)
{
    char line[512];
    ssize_t length = error == -EIO ? api_read_line(errors, api_now_ns() + WHY_NS, line, sizeof(line)) : -1;

    if (length > 0) {
        snprintf(why, size, "%s", line);
    } else if (error == -ETIMEDOUT) {
        snprintf(why, size, "%s did not get ready in 10 s", path);
    } else {
        snprintf(why, size, "%s cannot measure: %s", path, error == -EIO ? "it ended at once" : strerror(-error));
    }
}

static int start(char *path, const char *const *options, char *why, size_t size)
{
    char *argv[MAX_OPTIONS + 1], pid[16], line[256];
    int talk = -1, errors = -1;

    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    if (!make_argv(path, pid, options, argv)) {
        snprintf(why, size, "more options than %d", MAX_OPTIONS);
        return -EIO;
    }
    int error = api_spawn(argv, &talk, &errors);
    if (error < 0) {
        tell_why(-1, error, path, why, size);
        return -EIO;
    }
    ssize_t length = api_read_line(talk, api_now_ns() + WAIT_NS, line, sizeof(line));
    error = length < 0 ? (int)length : api_ready_parse(line, run.place, sizeof(run.place), &run.meter);
    if (error < 0) {
        tell_why(errors, error, path, why, size);
        close(talk);
        close(errors);
        return -EIO;
    }
    close(errors); /* it has nothing to say to us from here on but over the socket */
    struct stat status = {0};
    fstat(talk, &status);
    run.talk = talk;
    run.device = status.st_dev;
    run.inode = status.st_ino;
    if (run.place[0] != '\0' && !api_listener_use(run.place)) {
        run.place[0] = '\0'; /* measured all the same, without what the program tells */
    }
    return 1;
}

static int start_once(const char *const *options, char *why, size_t size)
{
    char path[PATH_MAX];

    api_listener_at_fork(forked);
    if (run.talk >= 0 || jb_active() || secure_getenv("JOULEBOOK_RUN") != NULL) {
        return 0;
    }
    if (!api_program(path, sizeof(path))) {
        snprintf(why, size, "no joulebook program was found: install it, or set JOULEBOOK_PROGRAM to its path");
        return -ENOENT;
    }
    return start(path, options, why, size);
}

API_EXPORT int jb_run_begin(const char *const *options, char *why, size_t size)
{
    int error = errno;

    pthread_mutex_lock(&run.lock);
    int result = start_once(options, why, size);
    pthread_mutex_unlock(&run.lock);
    errno = error;
    return result;
}

API_EXPORT int jb_run_start(const char *name)
{
    const char *options[] = {"--name", name, NULL};
    char why[600], line[700];
    int error = errno;
    int result = jb_run_begin(name != NULL ? options : NULL, why, sizeof(why));

    if (result < 0 && !atomic_exchange(&run.complained, true)) {
        int length = snprintf(line, sizeof(line), "joulebook: not measured: %s\n", why);
        ssize_t ignored = write(STDERR_FILENO, line, (size_t)length);
        (void)ignored;
    }
    errno = error;
    return result < 0 ? result : 0;
}

/* Where orphans come to us (process 1 of a container) the meter is our child now; it has ended, or is about to. */
static void reap_meter(void)
{
    for (int i = 0; i < 100 && waitpid(run.meter, NULL, WNOHANG | __WALL) == 0; i++) {
        usleep(1000);
    }
}

/* The record, or why there is none. */
static ssize_t ask_for_record(int exit_code, char **ret)
{
    if (!still_ours()) {
        return -EIO;
    }
    ssize_t ignored = send(run.talk, exit_code == 0 ? "0" : "1", 1, MSG_NOSIGNAL);
    (void)ignored; /* it has ended already: then there is no record, which is found next */
    shutdown(run.talk, SHUT_WR);
    return api_read_all(run.talk, api_now_ns() + WAIT_NS, ret);
}

static int stop(int exit_code, char **json)
{
    char *text = NULL;

    if (run.talk < 0) {
        return 0;
    }
    ssize_t length = ask_for_record(exit_code, &text);
    close_talk();
    if (run.place[0] != '\0') {
        api_listener_leave();
        run.place[0] = '\0';
    }
    if (length != -ETIMEDOUT) {
        reap_meter();
    }
    if (length <= 0) {
        free(text);
        return length < 0 ? (int)length : -EIO;
    }
    if (json == NULL) {
        free(text);
    } else {
        *json = text;
    }
    return 0;
}

API_EXPORT int jb_run_end(int exit_code, char **json)
{
    int error = errno;

    if (json != NULL) {
        *json = NULL;
    }
    pthread_mutex_lock(&run.lock);
    int result = stop(exit_code, json);
    pthread_mutex_unlock(&run.lock);
    errno = error;
    return result;
}

API_EXPORT int jb_run_stop(char **json)
{
    return jb_run_end(0, json);
}

API_EXPORT const char *jb_run_place(void)
{
    return run.talk >= 0 && run.place[0] != '\0' ? run.place : NULL;
}

API_EXPORT void jb_free(void *pointer)
{
    free(pointer);
}
