/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joulebook run: measure a command. The report goes to stderr when the command has ended; stdin and stdout are its own.
 *
 * Exit status: the command's; 128+N when signal N ended it; 127 not found, 126 not executable; 125 our own error before
 * it started, or with --strict a failure to measure; 2 bad usage.
 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/live.h"
#include "cli/report.h"
#include "cli/run_options.h"
#include "cli/survey.h"
#include "engine/child.h"
#include "engine/inject.h"
#include "engine/session.h"
#include "export/export.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_OURS = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

static void reaped(void *context, pid_t pid, const struct rusage *usage)
{
    uint64_t cpu_us = (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 +
                      (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);

    jb_session_reaped(context, pid, cpu_us * JB_NS_PER_US);
}

/* Sleep until something happens, and see to it, until the child has ended. */
static void supervise(struct jb_session *session, struct jb_child *child, int signal_fd, struct cli_live *live)
{
    struct pollfd fds[] = {
        {.fd = jb_session_timer_fd(session), .events = POLLIN},
        {.fd = signal_fd, .events = POLLIN},
        {.fd = jb_session_events_fd(session), .events = POLLIN},
    };

    while (!child->ended) {
        struct signalfd_siginfo info;
        if (poll(fds, JB_COUNT(fds), -1) < 0 && errno != EINTR) {
            return;
        }
        if (fds[1].revents != 0 && read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
            if (info.ssi_signo == SIGCHLD) {
                jb_child_reap(child, reaped, session);
            } else {
                jb_child_signal(child, &info, jb_mono_ns());
            }
        }
        if (!child->ended && fds[0].revents != 0) {
            jb_session_tick(session);
            cli_live_draw(live, session);
        }
        if (!child->ended && fds[2].revents != 0) {
            jb_session_events(session);
        }
    }
}

static struct jb_ending ending_of(const struct jb_child *child)
{
    struct jb_ending ending = {.status = JB_RUN_FINISHED};

    if (WIFSIGNALED(child->wait_status)) {
        ending.has_signal = true;
        ending.signal = WTERMSIG(child->wait_status);
        ending.status = JB_RUN_KILLED;
    } else {
        ending.has_exit_code = true;
        ending.exit_code = WEXITSTATUS(child->wait_status);
        ending.status = ending.exit_code == 0 ? JB_RUN_FINISHED : JB_RUN_FAILED;
    }
    if (child->interrupted && ending.status != JB_RUN_FINISHED) {
        ending.status = JB_RUN_INTERRUPTED;
    }
    return ending;
}

static bool write_json(const struct jb_record *record, const char *path, struct jb_diag *diag)
{
    JB_CLEANUP(jb_freep) char *text = NULL;

    if (jb_record_json(record, true, &text) < 0) {
        jb_fail(diag, -ENOMEM, "cannot make the JSON record");
        return false;
    }
    FILE *out = jb_streq(path, "-") ? stdout : fopen(path, "we");
    bool good = out != NULL && fputs(text, out) >= 0 && fflush(out) == 0;
    if (!good) {
        jb_fail(diag, -errno, "--json %s: %s", path, strerror(errno));
    }
    if (out != NULL && out != stdout) {
        fclose(out);
    }
    return good;
}

static bool write_series(const struct jb_record *record, const struct run_options *options, struct jb_diag *diag)
{
    struct jb_store *store = NULL;
    const struct jb_export_format *format = jb_export_find("csv");

    if (jb_store_open(options->db, JB_STORE_READ, &store, diag) < 0) {
        return false;
    }
    FILE *out = fopen(options->series, "we");
    if (out == NULL) {
        jb_fail(diag, -errno, "--series %s: %s", options->series, strerror(errno));
        jb_store_close(store);
        return false;
    }
    struct jb_export_input input = {.record = record, .store = store};
    bool good = format->write(&input, out, diag) == 0;
    if (fclose(out) != 0 && good) {
        jb_fail(diag, -errno, "--series %s: %s", options->series, strerror(errno));
        good = false;
    }
    jb_store_close(store);
    return good;
}

/* Everything the user asked to be written; each failure is told, none stops the others. */
static bool write_outputs(const struct jb_command *command, const struct jb_session *session,
                          const struct jb_record *record, const struct run_options *options)
{
    struct jb_diag diag = {0};
    char other[4096];
    bool good = true;

    if (options->json != NULL && !write_json(record, options->json, &diag)) {
        cli_error(command, 0, &diag);
        good = false;
    }
    if (options->csv != NULL) {
        int error = jb_summary_append(record, options->csv, other, sizeof(other), &diag);
        if (error < 0) {
            cli_error(command, 0, &diag);
            good = error == -EEXIST && good;
        }
    }
    if (options->series != NULL && (!jb_session_stored(session) || !write_series(record, options, &diag))) {
        if (!jb_session_stored(session)) {
            cli_complain(command, 0, "--series %s: the run was not kept, so there is no series to write",
                         options->series);
        } else {
            cli_error(command, 0, &diag);
        }
        good = false;
    }
    return good;
}

/* Quiet is about the report: that a run is lost has to be said. */
static void tell_not_kept(const struct jb_command *command, const struct jb_record *record)
{
    for (size_t i = 0; i < record->warning_count; i++) {
        if (jb_starts(record->warnings[i], "the run is not kept")) {
            cli_complain(command, 0, "%s", record->warnings[i]);
        }
    }
}

static int finish(const struct jb_command *command, struct jb_session *session, const struct jb_child *child,
                  const struct run_options *options)
{
    struct jb_ending ending = ending_of(child);
    int status = jb_child_exit_status(child);

    /* The reader of our report or JSON may be gone: that must not change the status. The child cannot inherit it. */
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    jb_session_stop(session, &ending);
    struct jb_record *record = jb_session_record(session);
    bool good = write_outputs(command, session, record, options) && !jb_session_failed(session);
    if (options->quiet) {
        tell_not_kept(command, record);
    } else {
        struct cli_style style = cli_style(&options->common, stderr);
        cli_report(stderr, record, &style, jb_session_stored(session));
    }
    if (options->strict && !good && status == 0) {
        return cli_complain(command, EXIT_OURS, "measuring failed and --strict was given%s%s",
                            record->warning_count > 0 ? ": " : "",
                            record->warning_count > 0 ? record->warnings[0] : "");
    }
    return status;
}

/* -1: go on; else the exit status. Nothing has been started yet. */
static int wait_for_hours(const struct jb_command *command, const struct run_options *options, int signal_fd)
{
    struct cli_style style = cli_style(&options->common, stderr);
    struct signalfd_siginfo info = {0};
    int64_t begun_ns = jb_walltime_ns(&options->grid.walltime);

    while (options->when_text != NULL) {
        struct jb_diag diag = {0};
        struct cli_when when = options->when;
        int64_t waited_ns = jb_walltime_ns(&options->grid.walltime) - begun_ns;
        if (waited_ns > 0 && (uint64_t)waited_ns <= when.within_ns - when.length_ns) {
            when.within_ns -= (uint64_t)waited_ns;
        }
        int error = cli_when_wait(&when, &options->grid, &options->intensity, signal_fd, stderr, &style, &diag);
        if (error == 0) {
            break;
        }
        if (error != -EINTR) {
            return cli_error(command, EXIT_OURS, &diag);
        }
        ssize_t got = read(signal_fd, &info, sizeof(info));
        if (got == (ssize_t)sizeof(info) && info.ssi_signo != SIGCHLD) { /* of children that a shell gave us by exec */
            return cli_complain(command, 128 + (int)info.ssi_signo, "interrupted before the command started");
        }
    }
    return -1;
}

/* What the command gets beside its environment so that it tells what it does. */
static void inject(struct jb_session *session, char **argv, struct jb_inject *ret)
{
    char probe[4096], library[4096];
    struct jb_record *record = jb_session_record(session);
    struct jb_inject_setup setup = {.run = record->id, .ring = jb_session_ring_place(session), .program = argv[0]};

    setup.probe = jb_inject_find("libjoulebook-probe.so", probe, sizeof(probe)) ? probe : NULL;
    setup.library = jb_inject_find("libjoulebook.so", library, sizeof(library)) ? library : NULL;
    setup.cuda = access("/dev/nvidiactl", F_OK) == 0;
    if (setup.ring != NULL && setup.probe == NULL) {
        jb_record_warn(record,
                       "libjoulebook-probe.so was not found: phases and operators are not heard (joulebook is not "
                       "installed as a whole; --ops off says that it need not be)");
    }
    if (jb_inject(&setup, environ, ret) < 0) {
        *ret = (struct jb_inject){0};
    }
    for (size_t i = 0; i < ret->note_count; i++) {
        jb_record_warn(record, "%s", ret->notes[i]);
    }
}

static int measure(const struct jb_command *command, struct jb_session *session, char **argv, const sigset_t *mask,
                   int signal_fd, const struct run_options *options)
{
    JB_CLEANUP(jb_inject_finish) struct jb_inject injected;
    struct jb_diag diag = {0};
    struct jb_child child = {.go_fd = -1, .exec_fd = -1};
    struct cli_live live;

    inject(session, argv, &injected);
    if (options->baseline_ns > 0 && jb_session_baseline(session, options->baseline_ns, signal_fd) == -EINTR) {
        return cli_complain(command, 128 + SIGINT, "interrupted before the command started");
    }
    if (jb_child_spawn(&child, argv, injected.environment, mask, &diag) < 0) {
        return cli_error(command, EXIT_OURS, &diag);
    }
    if (jb_session_start(session, child.pid, &diag) < 0) {
        jb_child_finish(&child); /* the child sees the closed pipe and ends */
        return cli_error(command, EXIT_OURS, &diag);
    }
    int error = jb_child_release(&child);
    if (error < 0) {
        jb_session_cancel(session);
        return cli_complain(command, error == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, "cannot run '%s': %s",
                            argv[0], error == -ENOENT ? "command not found" : strerror(-error));
    }
    cli_live_init(&live, options->live, stderr);
    supervise(session, &child, signal_fd, &live);
    cli_live_clear(&live);
    int status = finish(command, session, &child, options);
    jb_child_finish(&child);
    return status;
}

static int cmd_run_main(int argc, char **argv, void *context)
{
    JB_CLEANUP(run_options_finish) struct run_options options;
    struct jb_session *session = NULL;
    struct jb_diag diag = {0};
    sigset_t mask, watched;
    int first;

    int status = run_options_parse(&cmd_run, argc, argv, &options, &first);
    if (status >= 0) {
        return status;
    }
    /* Before any thread exists, so that all inherit the blocked signals. */
    if (jb_child_prepare(&mask, &watched) < 0) {
        return cli_complain(&cmd_run, EXIT_OURS, "cannot watch signals: %s", strerror(errno));
    }
    JB_CLEANUP(jb_closep) int signal_fd = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signal_fd < 0) {
        return cli_complain(&cmd_run, EXIT_OURS, "cannot watch signals: %s", strerror(errno));
    }
    status = wait_for_hours(&cmd_run, &options, signal_fd);
    if (status >= 0) {
        return status;
    }
    struct jb_session_config config = {
        .root = options.common.root,
        .sensors = options.sensors,
        .db_path = options.db,
        .interval_ns = options.interval_ns,
        .open_wait_ns = options.baseline_ns > 0 ? JB_NS_PER_S : 0,
        .basis = options.basis,
        .total = options.total,
        .pue = options.pue,
        .intensity = &options.intensity,
        .grid = &options.grid,
        .tariff = options.has_tariff ? &options.tariff : NULL,
        .walltime = options.grid.walltime,
        .name = options.name,
        .project = options.project,
        .tags = options.tags,
        .tag_count = options.tag_count,
        .ops = options.ops,
        .time_share = jb_streq(options.attribution, "time"),
        .epochs = options.epochs,
        .command = argv + first,
        .attach = options.sensors == NULL && options.baseline_ns == 0 && !jb_streq(options.total, "wall"),
    };
    if (cli_hardware_config(options.conf, &config, &diag) < 0) {
        return cli_error(&cmd_run, EXIT_USAGE, &diag);
    }
    if (jb_session_create(&config, &session, &diag) < 0) {
        return cli_error(&cmd_run, EXIT_OURS, &diag);
    }
    status = measure(&cmd_run, session, argv + first, &mask, signal_fd, &options);
    if (jb_session_destroy(session)) {
        fflush(NULL);
        _exit(status);
    }
    return status;
}

const struct jb_command cmd_run = {
    .name = "run",
    .operands = "[--] COMMAND [ARG...]",
    .summary = "measure a command; report on stderr, keep the run",
    .stop_at_operand = true,
    .options = run_option_table,
    .run = cmd_run_main,
};
