/* SPDX-License-Identifier: Apache-2.0 */
/*
 * library.c - opens libmicrohttpd by dlopen, when something is served.
 *
 * Documented at https://www.gnu.org/software/libmicrohttpd/manual/ and in its header. A program that serves nothing
 * does not load it, nor GnuTLS and the seven libraries below that.
 */
#include "server/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/diag.h"

#define FUNCTION(member, symbol)                                                                                       \
    {                                                                                                                  \
        symbol, offsetof(struct jb_mhd, member)                                                                        \
    }

static const struct {
    const char *symbol;
    size_t offset;
} functions[] = {
    FUNCTION(start_daemon, "MHD_start_daemon"),
    FUNCTION(stop_daemon, "MHD_stop_daemon"),
    FUNCTION(is_feature_supported, "MHD_is_feature_supported"),
    FUNCTION(get_connection_info, "MHD_get_connection_info"),
    FUNCTION(set_connection_option, "MHD_set_connection_option"),
    FUNCTION(lookup, "MHD_lookup_connection_value"),
    FUNCTION(response_from_buffer, "MHD_create_response_from_buffer"),
    FUNCTION(response_from_fd, "MHD_create_response_from_fd64"),
    FUNCTION(response_from_callback, "MHD_create_response_from_callback"),
    FUNCTION(add_header, "MHD_add_response_header"),
    FUNCTION(queue_response, "MHD_queue_response"),
    FUNCTION(destroy_response, "MHD_destroy_response"),
    FUNCTION(suspend, "MHD_suspend_connection"),
    FUNCTION(resume, "MHD_resume_connection"),
};

static void *open_first(const char *const *names)
{
    for (; *names; names++) {
        void *library = dlopen(*names, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
        if (library) {
            return library;
        }
    }
    return NULL;
}

int jb_mhd_load(const char *const *names, struct jb_mhd *ret, struct jb_diag *diag)
{
    static const char *const usual[] = {"libmicrohttpd.so.12", NULL};
    struct jb_mhd mhd;

    void *library = open_first(names ? names : usual);
    if (!library) {
        jb_fail(diag, -ENOENT, "there is no libmicrohttpd here, which serves the dashboard");
        jb_fix(diag, "sudo apt-get install libmicrohttpd12");
        return -ENOENT;
    }
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        void *address = dlsym(library, functions[i].symbol);
        if (!address) {
            return jb_fail(diag, -ENOENT, "libmicrohttpd is too old: it has no %s", functions[i].symbol);
        }
        memcpy((char *)&mhd + functions[i].offset, &address, sizeof(address));
    }
    *ret = mhd;
    return 0;
}
