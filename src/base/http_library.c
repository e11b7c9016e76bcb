/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_library.c - libcurl, opened when something of the network is wanted for the first time.
 *
 * Documented at https://curl.se/libcurl/c/libcurl.html (GLOBAL CONSTANTS). Odd: curl_global_init() is only thread-safe
 * since 7.84 and only in some builds, so that our own lock goes around it; Debian has the library in two flavours, and
 * a machine may have but one.
 */
#include "base/http_library.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/library.h"

#include <errno.h>
#include <pthread.h>

static const struct jb_symbol symbols[] = {
    JB_SYMBOL(struct jb_curl, global_init, "curl_global_init"),
    JB_SYMBOL(struct jb_curl, easy_init, "curl_easy_init"),
    JB_SYMBOL(struct jb_curl, easy_cleanup, "curl_easy_cleanup"),
    JB_SYMBOL(struct jb_curl, easy_setopt, "curl_easy_setopt"),
    JB_SYMBOL(struct jb_curl, easy_perform, "curl_easy_perform"),
    JB_SYMBOL(struct jb_curl, easy_getinfo, "curl_easy_getinfo"),
    JB_SYMBOL(struct jb_curl, easy_strerror, "curl_easy_strerror"),
    JB_SYMBOL(struct jb_curl, slist_append, "curl_slist_append"),
    JB_SYMBOL(struct jb_curl, slist_free_all, "curl_slist_free_all"),
    JB_SYMBOL(struct jb_curl, url, "curl_url"),
    JB_SYMBOL(struct jb_curl, url_cleanup, "curl_url_cleanup"),
    JB_SYMBOL(struct jb_curl, url_set, "curl_url_set"),
    JB_SYMBOL(struct jb_curl, url_get, "curl_url_get"),
    JB_SYMBOL(struct jb_curl, free, "curl_free"),
    JB_SYMBOL(struct jb_curl, version_info, "curl_version_info"),
};

static const char *const usual[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};

static const struct jb_library libcurl = {
    .title = "libcurl",
    .why = "which requests over the network need",
    .package = "libcurl4",
    .names = usual,
    .symbols = symbols,
    .symbol_count = JB_COUNT(symbols),
};

int jb_curl_load(const char *const *names, struct jb_curl *ret, struct jb_diag *diag)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct jb_curl curl;
    int err = jb_library_load(&libcurl, names, &curl, diag);

    if (err < 0) {
        return err;
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
