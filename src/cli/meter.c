/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joulebook meter: measure a process that runs already. Programs start it through libjoulebook (src/api/run.c), people
 * by hand.
 *
 * stdout: one line when it measures, {"ring": PLACE, "pid": OURS}, and the run record when it has ended. stdin: its end
 * ends the run; a "0" or "1" before says whether the program takes its part for a success. The run ends by itself when
 * the process does, whatever ended that, and is stored before anything is printed: nobody need be there to read it.
 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/run_options.h"
#include "cli/survey.h"
#include "engine/child.h"
#include "engine/pidwatch.h"
#include "engine/session.h"
#include "export/export.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMAND_BYTES ((size_t)64 << 10)
#define COMMAND_WORDS 256
#define LAST_WORD_MS  1000 /* its descriptors are closed before it has ended: so long the end may take */
#define WRITE_WAIT_S  10

struct meter {
    struct jb_session *session;
    struct jb_pidwatch watch;
    int signal_fd;
    char word;       /* '0', '1' of stdin; 0: none */
    int last_signal; /* that ended us */
    bool ended;
};

/* argv of the process for the record, both malloc'd in one: free(argv). NULL: not known. */
static char **read_command(pid_t pid)
{
    char path[64];
    char **argv = calloc(1, (COMMAND_WORDS + 1) * sizeof(*argv) + COMMAND_BYTES);

    if (argv == NULL) {
        return NULL;
    }
    char *text = (char *)(argv + COMMAND_WORDS + 1);
    snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
    JB_CLEANUP(jb_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, COMMAND_BYTES - 1);
    if (length <= 0) {
        free(argv);
        return NULL;
    }
    const char *end = text + length;
    for (size_t count = 0; text < end && count < COMMAND_WORDS; count++) {
        argv[count] = text;
        text += strlen(text) + 1;
    }
    return argv;
}

/* All that may reach us is looked at here; what libjoulebook left blocked is let through. */
static int watch_signals(void)
{
    sigset_t watched;

    sigemptyset(&watched);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGHUP);
    sigaddset(&watched, SIGQUIT);
    sigaddset(&watched, SIGCHLD);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    sigprocmask(SIG_SETMASK, &watched, NULL);
    return signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void reaped(void *context, pid_t pid, const struct rusage *usage)
{
    uint64_t cpu_us = (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 +
                      (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);

    jb_session_reaped(context, pid, cpu_us * JB_NS_PER_US);
}

static void hear_signal(struct meter *meter)
{
    struct signalfd_siginfo info;
    struct jb_child none = {0}; /* the helper that opens sensors is all that can end */

    if (read(meter->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
        return;
    }
    if (info.ssi_signo == SIGCHLD) {
        jb_child_reap(&none, reaped, meter->session);
    } else {
        meter->last_signal = (int)info.ssi_signo;
        meter->ended = true;
    }
}

static void hear_program(struct meter *meter)
{
    char text[64];
    ssize_t length = read(STDIN_FILENO, text, sizeof(text));

    if (length > 0 && meter->word == 0 && (text[0] == '0' || text[0] == '1')) {
        meter->word = text[0];
    }
    if (length == 0 || (length < 0 && errno != EINTR && errno != EAGAIN)) {
        meter->ended = true;
    }
}

static void supervise(struct meter *meter)
{
    struct pollfd fds[] = {
        {.fd = jb_session_timer_fd(meter->session), .events = POLLIN},
        {.fd = meter->signal_fd, .events = POLLIN},
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = meter->watch.fd, .events = POLLIN},
        {.fd = jb_session_events_fd(meter->session), .events = POLLIN},
    };

    while (!meter->ended) {
        if (poll(fds, JB_COUNT(fds), -1) < 0) {
            if (errno != EINTR) {
                return;
            }
            continue;
        }
        if (fds[1].revents != 0) {
            hear_signal(meter);
        }
        if (fds[2].revents != 0) {
            hear_program(meter);
        }
        if (fds[3].revents != 0 || (meter->watch.fd < 0 && jb_pidwatch_ended(&meter->watch))) {
            meter->ended = true;
        }
        if (!meter->ended && fds[0].revents != 0) {
            jb_session_tick(meter->session);
        }
        if (!meter->ended && fds[4].revents != 0) {
            jb_session_events(meter->session);
        }
    }
}

/* Said by the program, or else seen. A process that goes on when stdin has ended was measured for as long as somebody
 * wanted. */
static struct jb_ending ending_of(const struct meter *meter)
{
    struct pollfd end = {.fd = meter->watch.fd, .events = POLLIN};
    int status;

    if (meter->word != 0) {
        return (struct jb_ending){.status = meter->word == '0' ? JB_RUN_FINISHED : JB_RUN_FAILED};
    }
    if (meter->last_signal != 0) {
        return (struct jb_ending){.status = meter->last_signal == SIGINT ? JB_RUN_FINISHED : JB_RUN_INTERRUPTED};
    }
    poll(&end, 1, LAST_WORD_MS);
    if (!jb_pidwatch_ended(&meter->watch)) {
        return (struct jb_ending){.status = JB_RUN_FINISHED};
    }
    if (!jb_pidwatch_status(&meter->watch, &status)) {
        jb_record_warn(jb_session_record(meter->session), "the program ended without a word; how is not known");
        return (struct jb_ending){.status = JB_RUN_INTERRUPTED};
    }
    if (WIFSIGNALED(status)) {
        return (struct jb_ending){.status = JB_RUN_KILLED, .has_signal = true, .signal = WTERMSIG(status)};
    }
    return (struct jb_ending){
        .status = WEXITSTATUS(status) == 0 ? JB_RUN_FINISHED : JB_RUN_FAILED,
        .has_exit_code = true,
        .exit_code = WEXITSTATUS(status),
    };
}

static void say_ready(const struct jb_session *session)
{
    const char *ring = jb_session_ring_place(session);
    const char *quote = ring != NULL ? "\"" : "";

    printf("{\"ring\": %s%s%s, \"pid\": %d}\n", quote, ring != NULL ? ring : "null", quote, (int)getpid());
    fflush(stdout);
}

static int say_record(struct jb_session *session)
{
    JB_CLEANUP(jb_freep) char *text = NULL;

    if (jb_record_json(jb_session_record(session), true, &text) < 0) {
        return cli_complain(&cmd_meter, 1, "cannot make the JSON record");
    }
    fputs(text, stdout);
    fflush(stdout); /* nobody may be there any more, and that is no failure: the run is stored */
    clearerr(stdout);
    return 0;
}

static int measure(struct meter *meter, const struct run_options *options)
{
    struct jb_diag diag = {0};

    if (jb_session_start(meter->session, options->pid, &diag) < 0) {
        return cli_error(&cmd_meter, 1, &diag);
    }
    say_ready(meter->session);
    supervise(meter);
    struct jb_ending ending = ending_of(meter);
    jb_session_stop(meter->session, &ending);
    return say_record(meter->session);
}

static int open_and_measure(struct meter *meter, struct run_options *options)
{
    JB_CLEANUP(jb_freep) char **command = read_command(options->pid);
    struct jb_diag diag = {0};
    struct jb_session_config config = {
        .root = options->common.root,
        .sensors = options->sensors,
        .db_path = options->db,
        .interval_ns = options->interval_ns,
        .basis = options->basis,
        .total = options->total,
        .pue = options->pue,
        .ops = options->ops,
        .time_share = jb_streq(options->attribution, "time"),
        .epochs = options->epochs,
        .intensity = &options->intensity,
        .grid = &options->grid,
        .tariff = options->has_tariff ? &options->tariff : NULL,
        .walltime = options->grid.walltime,
        .name = options->name,
        .project = options->project,
        .tags = options->tags,
        .tag_count = options->tag_count,
        .command = command,
        .attach = options->sensors == NULL && !jb_streq(options->total, "wall"),
        .top = options->pid,
    };

    if (cli_hardware_config(options->conf, &config, &diag) < 0) {
        return cli_error(&cmd_meter, EXIT_USAGE, &diag);
    }
    if (jb_session_create(&config, &meter->session, &diag) < 0) {
        return cli_error(&cmd_meter, 1, &diag);
    }
    int status = measure(meter, options);
    if (jb_session_destroy(meter->session)) {
        fflush(NULL);
        _exit(status); /* a thread was left behind that may still use what we would free */
    }
    return status;
}

static int cmd_meter_main(int argc, char **argv, void *context)
{
    JB_CLEANUP(run_options_finish) struct run_options options;
    struct meter meter = {.watch.fd = -1};
    struct timeval wait = {.tv_sec = WRITE_WAIT_S};
    int first;

    int status = run_options_parse(&cmd_meter, argc, argv, &options, &first);
    if (status >= 0) {
        return status;
    }
    if (first < argc || options.pid == 0) {
        return cli_complain(&cmd_meter, EXIT_USAGE, "which process? For example: joulebook meter --pid 1234");
    }
    meter.signal_fd = watch_signals(); /* before any thread exists, so that all inherit what is blocked */
    if (meter.signal_fd < 0) {
        return cli_complain(&cmd_meter, 1, "cannot watch signals: %s", strerror(errno));
    }
    /* A program that neither reads nor ends must not keep us. */
    setsockopt(STDOUT_FILENO, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    int error = jb_pidwatch_open(options.pid, &meter.watch);
    if (error < 0) {
        status = cli_complain(&cmd_meter, 1, "cannot watch process %d: %s", (int)options.pid, strerror(-error));
    } else {
        status = open_and_measure(&meter, &options);
    }
    jb_pidwatch_close(&meter.watch);
    jb_closep(&meter.signal_fd);
    return status;
}

const struct jb_command cmd_meter = {
    .name = "meter",
    .operands = "",
    .summary = "measure a process that runs already",
    .options = meter_option_table,
    .run = cmd_meter_main,
};
