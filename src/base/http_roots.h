/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_roots.h - which certificate authorities are read for a connection. For http.c alone.
 *
 * Where libcurl believes both the authorities of a file and those of a folder, OpenSSL reads the whole file for each
 * connection, and only then looks into the folder for the few that it needs. So the folder comes first, and the file
 * when the folder does not know: what is believed in the end is the same.
 */
#ifndef JB_BASE_HTTP_ROOTS_H
#define JB_BASE_HTTP_ROOTS_H

#include <stdbool.h>

#include "base/http_library.h"

/* The file that need not be read at first, as libcurl's own text; NULL: there is none. `ca_file` is what the user
 * configured, NULL: nothing; one of the user's own is always read. */
const char *jb_http_roots_spare(const curl_version_info_data *about, const char *ca_file);

/* Set up a handle that checks certificates, or does not. */
CURLcode jb_http_roots_set(const struct jb_curl *curl, CURL *easy, bool insecure, const char *ca_file,
                           const char **ret_spare);
/* A certificate was refused: read the file too. False: that has been done. */
bool jb_http_roots_more(const struct jb_curl *curl, CURL *easy, const char **spare);

#endif
