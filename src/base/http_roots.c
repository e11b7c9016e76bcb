/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_roots.c - documented in http_roots.h.
 *
 * Documented at https://curl.se/libcurl/c/CURLOPT_CAPATH.html and openssl-rehash(1): in the folder each authority has a
 * name made of the hash of its subject, "5ed36f99.0". Odd: libcurl (since 7.87) keeps the file's authorities for the
 * next connection, but not where there is a folder too, as on Debian; and GnuTLS reads all of a folder.
 */
#include "base/http_roots.h"

#include "base/text.h"

#include <dirent.h>
#include <string.h>

#define HASH_DIGITS 8

static bool is_hashed(const char *name)
{
    return strspn(name, "0123456789abcdef") == HASH_DIGITS && jb_streq(name + HASH_DIGITS, ".0");
}

static bool has_hashes(const char *folder)
{
    bool found = false;
    DIR *dir = opendir(folder);
    if (!dir) {
        return false;
    }
    for (const struct dirent *entry = readdir(dir); entry && !found; entry = readdir(dir)) {
        found = is_hashed(entry->d_name);
    }
    closedir(dir);
    return found;
}

const char *jb_http_roots_spare(const curl_version_info_data *about, const char *ca_file)
{
    if (about->age < CURLVERSION_SEVENTH || !about->cainfo || !about->capath || !about->ssl_version) {
        return NULL;
    }
    if ((ca_file && !jb_streq(ca_file, about->cainfo)) || !jb_starts(about->ssl_version, "OpenSSL/")) {
        return NULL;
    }
    return has_hashes(about->capath) ? about->cainfo : NULL;
}

CURLcode jb_http_roots_set(const struct jb_curl *curl, CURL *easy, bool insecure, const char *ca_file,
                           const char **ret_spare)
{
    curl->easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, insecure ? 0L : 1L);
    curl->easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, insecure ? 0L : 2L);
    *ret_spare = insecure ? NULL : jb_http_roots_spare(curl->version_info(CURLVERSION_NOW), ca_file);
    if (*ret_spare) {
        return curl->easy_setopt(easy, CURLOPT_CAINFO, NULL);
    }
    return ca_file ? curl->easy_setopt(easy, CURLOPT_CAINFO, ca_file) : CURLE_OK;
}

bool jb_http_roots_more(const struct jb_curl *curl, CURL *easy, const char **spare)
{
    bool more = *spare && curl->easy_setopt(easy, CURLOPT_CAINFO, *spare) == CURLE_OK;
    *spare = NULL;
    return more;
}
