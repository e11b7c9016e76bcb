/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joulebook serve: the machine's one meter, with its dashboard, API and metrics, until it is told to end.
 *
 * Runs in the foreground, by hand or as a service (Type=notify, watchdog, socket activation). INT and TERM end it, with
 * status 0.
 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/service.h"
#include "base/text.h"
#include "cli/serve_docs.h"
#include "cli/serve_options.h"
#include "cli/survey.h"
#include "engine/daemon.h"
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

struct serve {
    struct serve_options options;
    struct serve_docs docs;
    struct jb_daemon *daemon;
    struct jb_server *server;
    int signal_fd, stream_fd, packets_fd;
    bool wrote_port;
};

/* HUP too: a terminal that closes ends what was started in it. Before any thread exists. */
static int watch_signals(void)
{
    sigset_t watched;

    sigemptyset(&watched);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGHUP);
    sigprocmask(SIG_BLOCK, &watched, NULL);
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    return signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int create_daemon(struct serve *serve, struct jb_diag *diag)
{
    const struct run_options *run = &serve->options.run;
    struct jb_daemon_config config = {
        .session =
            {
                .root = run->common.root,
                .sensors = run->sensors,
                .db_path = run->db,
                .interval_ns = run->interval_ns,
                .open_wait_ns = 0,
                .basis = "footprint",
                .total = run->total,
                .pue = run->pue,
                .intensity = &run->intensity,
                .grid = &run->grid,
                .walltime = run->grid.walltime,
                .ops = JB_OPS_OFF,
            },
        .socket = serve->options.socket_path[0] != '\0' ? serve->options.socket_path : NULL,
        .socket_fd = serve->packets_fd,
        .shared = serve->options.shared || serve->packets_fd >= 0, /* then its unit says who may */
        .keep_seconds_s = serve->options.keep_s[0],
        .keep_minutes_s = serve->options.keep_s[1],
        .keep_hours_s = serve->options.keep_s[2],
    };
    int error = cli_hardware_config(run->conf, &config.session, diag);

    return error < 0 ? error : jb_daemon_create(&config, &serve->daemon, diag);
}

static int create_server(struct serve *serve, struct jb_diag *diag)
{
    const struct serve_options *options = &serve->options;
    struct jb_server_config config = {
        .listen = options->listen,
        .listen_fd = serve->stream_fd,
        .token = options->token,
        .tls_cert = options->tls_cert,
        .tls_key = options->tls_key,
        .insecure = options->insecure,
        .hosts = options->hosts,
        .share_runs = options->share_runs,
        .max_connections = options->max_connections,
        .max_rate = options->max_rate,
        .db_path = options->run.db,
        .ui_dir = options->ui_dir,
        .board = serve->docs.board,
        .doctor = serve_doctor,
        .grid = serve_grid,
        .context = &serve->docs,
    };

    return jb_server_create(&config, &serve->server, diag);
}

/* Whole or not at all: whoever waits for it reads a port. */
static int write_port(struct serve *serve, struct jb_diag *diag)
{
    const char *path = serve->options.port_file;
    char temporary[4096], text[16];

    if (path == NULL) {
        return 0;
    }
    if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary)) {
        return jb_fail(diag, -ENAMETOOLONG, "--port-file: the path is too long");
    }
    int length = snprintf(text, sizeof(text), "%u\n", (unsigned)jb_server_port(serve->server));
    JB_CLEANUP(jb_closep) int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, text, (size_t)length) != length || rename(temporary, path) < 0) {
        return jb_fail(diag, -errno, "--port-file %s: %s", path, strerror(errno));
    }
    serve->wrote_port = true;
    return 0;
}

static void say_where(const struct serve *serve)
{
    const struct serve_options *options = &serve->options;
    const char *scheme = options->tls_cert != NULL ? "https" : "http";
    const char *colon = strrchr(options->listen, ':');
    int host = colon != NULL ? (int)(colon - options->listen) : (int)strlen(options->listen);

    if (serve->server == NULL) {
        return;
    }
    fprintf(stderr, "joulebook serves %s://%.*s:%u/\n", scheme, host, options->listen,
            (unsigned)jb_server_port(serve->server));
    if (serve->packets_fd >= 0 || options->socket_path[0] != '\0') {
        fprintf(stderr, "runs attach at %s%s\n", serve->packets_fd >= 0 ? "the service's socket" : options->socket_path,
                options->shared ? " (all users)" : "");
    }
}

static char *live_text(void *context, uid_t viewer)
{
    const struct serve *serve = context;

    return jb_server_live(serve->docs.board, viewer, geteuid(), serve->options.share_runs);
}

static void alive(void *context)
{
    const struct serve *serve = context;
    struct jb_diag notice;

    jb_service_notify("WATCHDOG=1");
    while (jb_daemon_notice(serve->daemon, &notice)) {
        cli_error(&cmd_serve, 0, &notice);
    }
}

static int prepare(struct serve *serve, struct jb_diag *diag)
{
    const struct run_options *run = &serve->options.run;
    int error = create_daemon(serve, diag);

    if (error < 0) {
        return error;
    }
    struct jb_record *record = jb_session_record(jb_daemon_session(serve->daemon));
    serve->docs.board = jb_daemon_board(serve->daemon);
    serve->docs.options = &serve->options;
    serve->docs.hardware_json = record->hardware_json != NULL ? strdup(record->hardware_json) : NULL;
    struct jb_chain chain;
    jb_chain_make(&run->grid, &run->intensity, JB_AVERAGE, &chain, NULL);
    if (chain.count > 0 && !run->intensity.given) {
        jb_almanac_start(&run->grid, &run->intensity, run->has_tariff ? &run->tariff : NULL, run->db,
                         &serve->docs.almanac);
    }
    jb_daemon_on_watch(serve->daemon, live_text, serve);
    if (jb_streq(serve->options.listen, "none")) {
        return 0; /* whoever watches does so by the socket */
    }
    error = create_server(serve, diag);
    return error < 0 ? error : write_port(serve, diag);
}

/* In this order: nobody looks at what is gone. True: a thread was left behind. */
static bool take_down(struct serve *serve)
{
    if (serve->docs.board != NULL) {
        jb_board_listen(serve->docs.board, NULL, NULL);
    }
    jb_server_destroy(serve->server);
    bool left_behind = jb_almanac_destroy(serve->docs.almanac);
    left_behind = jb_daemon_destroy(serve->daemon) || left_behind;
    free(serve->docs.hardware_json);
    if (serve->wrote_port) { /* else it is another's */
        unlink(serve->options.port_file);
    }
    return left_behind;
}

static int cmd_serve_main(int argc, char **argv, void *context)
{
    struct serve serve = {.signal_fd = -1};
    struct jb_diag diag = {0};

    int status = serve_options_parse(&cmd_serve, argc, argv, &serve.options);
    if (status >= 0) {
        serve_options_finish(&serve.options);
        return status;
    }
    jb_service_sockets(&serve.stream_fd, &serve.packets_fd);
    serve.signal_fd = watch_signals();
    int error = serve.signal_fd < 0 ? jb_fail(&diag, -errno, "cannot watch signals: %s", strerror(errno))
                                    : prepare(&serve, &diag);
    if (error == 0) {
        say_where(&serve);
        jb_service_notify("READY=1");
        error = jb_daemon_run(serve.daemon, serve.signal_fd, alive, &serve);
        jb_service_notify("STOPPING=1");
        if (error < 0) {
            jb_fail(&diag, error, "the meter stopped: %s", strerror(-error));
        }
    }
    status = error < 0 ? cli_error(&cmd_serve, 1, &diag) : 0;
    bool left_behind = take_down(&serve);
    jb_closep(&serve.signal_fd);
    if (left_behind) {
        fflush(NULL);
        _exit(status); /* it may still use what we would free */
    }
    serve_options_finish(&serve.options);
    return status;
}

const struct jb_command cmd_serve = {
    .name = "serve",
    .operands = "",
    .summary = "the machine's meter for good, with dashboard and metrics",
    .options = serve_option_table,
    .run = cmd_serve_main,
};
