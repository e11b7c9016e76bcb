/* SPDX-License-Identifier: Apache-2.0 */
/* serve_options.h - what `joulebook serve` was asked to do, from config, environment and flags, checked. */
#ifndef JB_CLI_SERVE_OPTIONS_H
#define JB_CLI_SERVE_OPTIONS_H

#include "cli/run_options.h"

#include <stdint.h>

struct serve_options {
    struct run_options run; /* first: what it has in common with `run` */
    const char *listen, *socket, *port_file, *token_file, *tls_cert, *tls_key, *hosts, *ui_dir;
    bool shared, share_runs, insecure;
    /* resolved */
    char socket_path[256]; /* empty: nobody attaches */
    char *token;           /* NULL: none */
    unsigned max_connections, max_rate;
    uint64_t keep_s[3];
};

extern const struct jb_option serve_option_table[];

/* -1: go on; else the exit status. */
int serve_options_parse(const struct jb_command *command, int argc, char **argv, struct serve_options *ret);
void serve_options_finish(struct serve_options *options);

#endif
