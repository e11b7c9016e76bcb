/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `serve`: those of a meter, and where and to whom it is shown. */
#include "cli/serve_options.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/run_rows.h"
#include "link/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_TOKEN 1024

enum {
    OPT_LISTEN = OPT_SERVE,
    OPT_SOCKET,
    OPT_SHARED,
    OPT_SHARE_RUNS,
    OPT_TOKEN_FILE,
    OPT_TLS_CERT,
    OPT_TLS_KEY,
    OPT_INSECURE,
    OPT_PORT_FILE,
    OPT_UI_DIR,
};

const struct jb_option serve_option_table[] = {
    {OPT_LISTEN, 'l', "listen", "ADDRESS:PORT", NULL, "where the dashboard is served (default 127.0.0.1:9836)"},
    {OPT_SOCKET, 0, "socket", "PATH", "@file", "where runs attach; none: nowhere"},
    {OPT_SHARED, 0, "shared", NULL, NULL, "let all users of the machine attach"},
    {OPT_SHARE_RUNS, 0, "share-runs", NULL, NULL, "show everybody the names and commands of all runs"},
    {OPT_TOKEN_FILE, 0, "token-file", "FILE", "@file", "file with the token that requests from elsewhere need"},
    {OPT_TLS_CERT, 0, "tls-cert", "FILE", "@file", "PEM file with the certificate"},
    {OPT_TLS_KEY, 0, "tls-key", "FILE", "@file", "PEM file with its key"},
    {OPT_INSECURE, 0, "insecure", NULL, NULL, "listen elsewhere without TLS, behind one that encrypts"},
    {OPT_PORT_FILE, 0, "port-file", "FILE", "@file", "write the port there once it is served"},
    {OPT_UI_DIR, 0, "ui-dir", "DIR", "@dir", "serve the dashboard from here, for working on it"},
    ROW_ZONE,
    ROW_INTERVAL,
    ROW_SENSORS,
    ROW_TOTAL,
    ROW_PUE,
    ROW_RUN_DB,
    CLI_OPTION_ROOT,
    CLI_OPTION_COLOR,
    CLI_OPTION_HELP,
    {0},
};

static int handle(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag)
{
    struct serve_options *serve = context;

    switch (option->id) {
    case OPT_LISTEN:
        serve->listen = value;
        break;
    case OPT_SOCKET:
        serve->socket = value;
        break;
    case OPT_SHARED:
        serve->shared = true;
        break;
    case OPT_SHARE_RUNS:
        serve->share_runs = true;
        break;
    case OPT_TOKEN_FILE:
        serve->token_file = value;
        break;
    case OPT_TLS_CERT:
        serve->tls_cert = value;
        break;
    case OPT_TLS_KEY:
        serve->tls_key = value;
        break;
    case OPT_INSECURE:
        serve->insecure = true;
        break;
    case OPT_PORT_FILE:
        serve->port_file = value;
        break;
    case OPT_UI_DIR:
        serve->ui_dir = value;
        break;
    default:
        return run_options_handle(&serve->run, option, value, diag);
    }
    return 0;
}

/* A token is a password: a file that others may read holds none. */
static int read_token(const char *path, char **ret, struct jb_diag *diag)
{
    char text[MAX_TOKEN + 2]; /* and a line's end */
    struct stat status;
    JB_CLEANUP(jb_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &status) < 0) {
        return jb_fail(diag, -errno, "the token file %s cannot be read: %s", path, strerror(errno));
    }
    if ((status.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) != 0) {
        int error = jb_fail(diag, -EACCES, "the token file %s can be read or written by others", path);
        jb_fix(diag, "chmod 600 %s", path);
        return error;
    }
    ssize_t length = read(fd, text, sizeof(text) - 1);
    if (length < 0) {
        return jb_fail(diag, -errno, "the token file %s cannot be read: %s", path, strerror(errno));
    }
    text[length] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    if (strlen(text) > MAX_TOKEN) {
        explicit_bzero(text, sizeof(text));
        return jb_fail(diag, -E2BIG, "the token in %s is longer than %d bytes", path, MAX_TOKEN);
    }
    *ret = strdup(text);
    explicit_bzero(text, sizeof(text));
    return *ret == NULL ? jb_fail(diag, -ENOMEM, "out of memory") : 0;
}

static const char *choose(const struct jb_conf *conf, const char *flag, const char *key)
{
    return flag != NULL ? flag : jb_conf_string(conf, "serve", key);
}

static int resolve_socket(struct serve_options *serve, struct jb_diag *diag)
{
    if (jb_streq(serve->socket, "none")) {
        return 0;
    }
    if (serve->socket != NULL) {
        if (strlen(serve->socket) >= sizeof(serve->socket_path)) {
            return jb_fail(diag, -ENAMETOOLONG, "--socket: the path is too long for a socket");
        }
        jb_copy(serve->socket_path, sizeof(serve->socket_path), serve->socket);
        return 0;
    }
    /* Where no folder can be written the dashboard is of use all the same. */
    if (jb_link_own_place(serve->socket_path, sizeof(serve->socket_path)) < 0) {
        serve->socket_path[0] = '\0';
    }
    return 0;
}

static int resolve(struct serve_options *serve, struct jb_diag *diag)
{
    static const char *const keep_keys[3] = {"keep_seconds", "keep_minutes", "keep_hours"};
    int error = run_options_resolve(&serve->run, diag);

    if (error < 0) {
        return error;
    }
    const struct jb_conf *conf = serve->run.conf;
    double number;
    serve->listen = choose(conf, serve->listen, "listen");
    serve->socket = choose(conf, serve->socket, "socket");
    serve->token_file = choose(conf, serve->token_file, "token_file");
    serve->tls_cert = choose(conf, serve->tls_cert, "tls_cert");
    serve->tls_key = choose(conf, serve->tls_key, "tls_key");
    serve->hosts = jb_conf_string(conf, "serve", "hosts");
    serve->shared = serve->shared || jb_conf_bool(conf, "serve", "shared");
    serve->share_runs = serve->share_runs || jb_conf_bool(conf, "serve", "share_runs");
    serve->insecure = serve->insecure || jb_conf_bool(conf, "serve", "insecure");
    if (jb_conf_number(conf, "serve", "max_connections", &number)) {
        serve->max_connections = (unsigned)number;
    }
    if (jb_conf_number(conf, "serve", "max_rate", &number)) {
        serve->max_rate = (unsigned)number;
    }
    for (int i = 0; i < 3; i++) {
        uint64_t keep_ns = 0;
        jb_conf_duration(conf, "serve", keep_keys[i], &keep_ns);
        serve->keep_s[i] = keep_ns / JB_NS_PER_S;
    }
    error = serve->token_file != NULL ? read_token(serve->token_file, &serve->token, diag) : 0;
    return error < 0 ? error : resolve_socket(serve, diag);
}

int serve_options_parse(const struct jb_command *command, int argc, char **argv, struct serve_options *ret)
{
    struct jb_diag diag = {0};
    int first;

    *ret = (struct serve_options){0};
    int status = cli_parse(command, argc, argv, handle, &ret->run.common, &first);
    if (status >= 0) {
        return status;
    }
    if (first < argc) {
        return cli_complain(command, EXIT_USAGE, "takes no operand: '%s'", argv[first]);
    }
    return resolve(ret, &diag) < 0 ? cli_error(command, EXIT_USAGE, &diag) : -1;
}

void serve_options_finish(struct serve_options *options)
{
    if (options->token != NULL) {
        explicit_bzero(options->token, strlen(options->token));
    }
    free(options->token);
    run_options_finish(&options->run);
}
