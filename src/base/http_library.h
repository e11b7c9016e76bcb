/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_library.h - libcurl as found at run time. For http.c alone.
 */
#ifndef JB_BASE_HTTP_LIBRARY_H
#define JB_BASE_HTTP_LIBRARY_H

#include <curl/curl.h>

struct jb_diag;

/* The functions of libcurl that we call, by the types of its own header. */
struct jb_curl {
    CURLcode (*global_init)(long flags);
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *easy);
    CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
    CURLcode (*easy_perform)(CURL *easy);
    CURLcode (*easy_getinfo)(CURL *easy, CURLINFO info, ...);
    const char *(*easy_strerror)(CURLcode code);
    struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
    void (*slist_free_all)(struct curl_slist *list);
    CURLU *(*url)(void);
    void (*url_cleanup)(CURLU *url);
    CURLUcode (*url_set)(CURLU *url, CURLUPart part, const char *text, unsigned flags);
    CURLUcode (*url_get)(const CURLU *url, CURLUPart part, char **ret, unsigned flags);
    void (*free)(void *text);
    curl_version_info_data *(*version_info)(CURLversion age);
};

/* Open the first library of `names` (ends with NULL; the usual ones: NULL) and initialise it. Any thread. The library
 * stays in memory: OpenSSL below it does not survive being unloaded. -ENOENT with the command that installs it. */
int jb_curl_load(const char *const *names, struct jb_curl *ret, struct jb_diag *diag);

#endif
