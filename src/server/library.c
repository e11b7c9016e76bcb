/* SPDX-License-Identifier: Apache-2.0 */
/*
 * library.c - libmicrohttpd, opened when something is served.
 *
 * Documented at https://www.gnu.org/software/libmicrohttpd/manual/ and in its header. A program that serves nothing
 * does not load it, nor GnuTLS and the seven libraries below that.
 */
#include "server/library.h"

#include "base/cleanup.h"
#include "base/library.h"

static const struct jb_symbol symbols[] = {
    JB_SYMBOL(struct jb_mhd, start_daemon, "MHD_start_daemon"),
    JB_SYMBOL(struct jb_mhd, stop_daemon, "MHD_stop_daemon"),
    JB_SYMBOL(struct jb_mhd, is_feature_supported, "MHD_is_feature_supported"),
    JB_SYMBOL(struct jb_mhd, get_connection_info, "MHD_get_connection_info"),
    JB_SYMBOL(struct jb_mhd, set_connection_option, "MHD_set_connection_option"),
    JB_SYMBOL(struct jb_mhd, lookup, "MHD_lookup_connection_value"),
    JB_SYMBOL(struct jb_mhd, response_from_buffer, "MHD_create_response_from_buffer"),
    JB_SYMBOL(struct jb_mhd, response_from_fd, "MHD_create_response_from_fd64"),
    JB_SYMBOL(struct jb_mhd, response_from_callback, "MHD_create_response_from_callback"),
    JB_SYMBOL(struct jb_mhd, add_header, "MHD_add_response_header"),
    JB_SYMBOL(struct jb_mhd, queue_response, "MHD_queue_response"),
    JB_SYMBOL(struct jb_mhd, destroy_response, "MHD_destroy_response"),
    JB_SYMBOL(struct jb_mhd, suspend, "MHD_suspend_connection"),
    JB_SYMBOL(struct jb_mhd, resume, "MHD_resume_connection"),
};

static const char *const usual[] = {"libmicrohttpd.so.12", NULL};

static const struct jb_library microhttpd = {
    .title = "libmicrohttpd",
    .why = "which serves the dashboard",
    .package = "libmicrohttpd12",
    .names = usual,
    .symbols = symbols,
    .symbol_count = JB_COUNT(symbols),
};

int jb_mhd_load(const char *const *names, struct jb_mhd *ret, struct jb_diag *diag)
{
    return jb_library_load(&microhttpd, names, ret, diag);
}
