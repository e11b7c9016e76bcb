/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_library.c - opens libcurl by dlopen, when something of the network is wanted for the first time.
 *
 * Documented at https://curl.se/libcurl/c/libcurl.html (GLOBAL CONSTANTS). Odd: curl_global_init() is only thread-safe
 * since 7.84 and only in some builds, so that our own lock goes around it; Debian has the library in two flavours, and
 * a machine may have but one.
 */
#include "base/http_library.h"

#include "base/diag.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#define FUNCTION(member, symbol)                                                                                       \
    {                                                                                                                  \
        symbol, offsetof(struct jb_curl, member)                                                                       \
    }

static const struct {
    const char *symbol;
    size_t offset;
} functions[] = {
    FUNCTION(global_init, "curl_global_init"),
    FUNCTION(easy_init, "curl_easy_init"),
    FUNCTION(easy_cleanup, "curl_easy_cleanup"),
    FUNCTION(easy_setopt, "curl_easy_setopt"),
    FUNCTION(easy_perform, "curl_easy_perform"),
    FUNCTION(easy_getinfo, "curl_easy_getinfo"),
    FUNCTION(easy_strerror, "curl_easy_strerror"),
    FUNCTION(slist_append, "curl_slist_append"),
    FUNCTION(slist_free_all, "curl_slist_free_all"),
    FUNCTION(url, "curl_url"),
    FUNCTION(url_cleanup, "curl_url_cleanup"),
    FUNCTION(url_set, "curl_url_set"),
    FUNCTION(url_get, "curl_url_get"),
    FUNCTION(free, "curl_free"),
    FUNCTION(version_info, "curl_version_info"),
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

int jb_curl_load(const char *const *names, struct jb_curl *ret, struct jb_diag *diag)
{
    static const char *const usual[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct jb_curl curl;

    void *library = open_first(names ? names : usual);
    if (!library) {
        jb_fail(diag, -ENOENT, "there is no libcurl here, which requests over the network need");
        jb_fix(diag, "sudo apt-get install libcurl4");
        return -ENOENT;
    }
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        void *address = dlsym(library, functions[i].symbol);
        if (!address) {
            return jb_fail(diag, -ENOENT, "libcurl is too old: it has no %s", functions[i].symbol);
        }
        memcpy((char *)&curl + functions[i].offset, &address, sizeof(address));
    }
    pthread_mutex_lock(&lock);
    CURLcode code = curl.global_init(CURL_GLOBAL_DEFAULT);
    pthread_mutex_unlock(&lock);
    if (code != CURLE_OK) {
        return jb_fail(diag, -EIO, "libcurl does not start: %s", curl.easy_strerror(code));
    }
    *ret = curl;
    return 0;
}
