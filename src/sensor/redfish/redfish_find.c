/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redfish_find.c - walks /redfish/v1/Chassis.
 *
 * Odd: a BMC lists what it likes as a chassis: the machine, its drive cages, each of its accelerators. Those that tell
 * their power and hold a computer are the machine; without such a link all that are no part of another; and one inside
 * another that counts is in its power already.
 */
#include "sensor/redfish/redfish_find.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/http.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_loopback(const char *host, size_t length)
{
    if (length == strlen("localhost") && strncasecmp(host, "localhost", length) == 0) {
        return true;
    }
    if (length == strlen("[::1]") && strncmp(host, "[::1]", length) == 0) {
        return true;
    }
    return length > 4 && strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= length;
}

int jb_redfish_base(const char *url, bool password, bool insecure, char *ret, size_t size, struct jb_diag *diag)
{
    bool plain = strncasecmp(url, "http://", 7) == 0;
    if (!plain && strncasecmp(url, "https://", 8) != 0) {
        jb_fail(diag, -EINVAL, "[redfish] url is not an http or https URL");
        jb_fix(diag, "set url in [redfish] to something like https://10.0.0.5");
        return -EINVAL;
    }
    const char *host = url + (plain ? 7 : 8);
    size_t length = strcspn(host, "/?#");
    size_t name = host[0] == '[' ? strcspn(host, "]/?#") + 1 : strcspn(host, ":/?#");
    bool port = name + 1 < length && host[name] == ':' && strspn(host + name + 1, "0123456789") >= length - name - 1;
    if (length == 0 || (size_t)(host - url) + length >= size || memchr(host, '@', length) ||
        (name < length && !port)) { /* "https://user:password" */
        return jb_fail(diag, -EINVAL, "[redfish] url must be https://HOST, without a user or a password");
    }
    if (plain && password && !insecure && !is_loopback(host, name < length ? name : length)) {
        jb_fail(diag, -EPERM, "[redfish] url is http: the password would cross the network as plain text");
        jb_fix(diag, "set url in [redfish] to https://..., or insecure = yes if nobody can listen there");
        return -EPERM;
    }
    memcpy(ret, url, (size_t)(host - url) + length);
    ret[(size_t)(host - url) + length] = '\0';
    return 0;
}

/* One GET of a path; 0 and the body for HTTP 200. */
static int get(struct jb_redfish *redfish, const char *path, char **ret_body, size_t *ret_length, struct jb_diag *diag)
{
    char url[sizeof(redfish->base) + JB_REDFISH_PATH];
    JB_CLEANUP(jb_freep) char *body = NULL;
    int status = 0;
    snprintf(url, sizeof(url), "%s%s", redfish->base, path);
    int err = jb_http_get(redfish->http, url, &status, &body, ret_length, diag);
    if (err < 0) {
        return err;
    }
    if (status == 401 || status == 403) {
        jb_fail(diag, -EACCES, "the BMC wants a user and a password, or others (HTTP %d)", status);
        jb_fix(diag, "set user and password in [redfish] of the configuration; a user who may only read is enough");
        return -EACCES;
    }
    if (status != 200) {
        return jb_fail(diag, status == 404 ? -ENODATA : -EPROTO, "the BMC answers %.100s with HTTP %d", path, status);
    }
    *ret_body = body;
    body = NULL;
    return 0;
}

static int read_meter(struct jb_redfish *redfish, const char *path, bool metrics, uint64_t *ret_uw,
                      struct jb_diag *diag)
{
    JB_CLEANUP(jb_freep) char *body = NULL;
    size_t length = 0;
    int err = get(redfish, path, &body, &length, diag);
    if (err < 0) {
        return err;
    }
    err = metrics ? jb_redfish_parse_metrics(body, length, ret_uw) : jb_redfish_parse_power(body, length, ret_uw);
    return err < 0 ? jb_fail(diag, err, "%.100s tells no power", path) : 0;
}

/* Where this chassis tells its power: into *ret. The newer place is tried first. */
static int find_meter(struct jb_redfish *redfish, const struct jb_redfish_chassis *chassis,
                      struct jb_redfish_meter *ret, struct jb_diag *diag)
{
    const char *const places[] = {chassis->metrics, chassis->power};
    int err = -ENODATA;
    for (size_t i = 0; i < JB_COUNT(places); i++) {
        uint64_t uw;
        if (!places[i][0]) {
            continue;
        }
        err = read_meter(redfish, places[i], i == 0, &uw, diag);
        if (err == 0) {
            jb_copy(ret->path, sizeof(ret->path), places[i]);
            ret->metrics = i == 0;
            return 0;
        }
    }
    return err;
}

void jb_redfish_choose(const struct jb_redfish_chassis *chassis, size_t count, bool *keep)
{
    bool any_system = false;
    for (size_t i = 0; i < count; i++) {
        keep[i] = !chassis[i].part;
        any_system |= keep[i] && chassis[i].has_system;
    }
    for (size_t i = 0; i < count; i++) {
        keep[i] = keep[i] && (chassis[i].has_system || !any_system);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count && keep[i]; j++) {
            keep[i] = i == j || !keep[j] || !jb_streq(chassis[i].contained_by, chassis[j].path);
        }
    }
}

/* The chassis that tell their power, and where. */
static int look(struct jb_redfish *redfish, struct jb_redfish_chassis *chassis, struct jb_redfish_meter *meters,
                size_t *ret_count, struct jb_diag *diag)
{
    JB_CLEANUP(jb_freep) char *body = NULL;
    char paths[JB_REDFISH_CHASSIS][JB_REDFISH_PATH];
    size_t length = 0, members = 0, count = 0;
    int err = get(redfish, "/redfish/v1/Chassis", &body, &length, diag);
    if (err < 0) {
        return err;
    }
    if (jb_redfish_parse_members(body, length, paths, JB_REDFISH_CHASSIS, &members) < 0) {
        return jb_fail(diag, -EBADMSG, "/redfish/v1/Chassis is not a collection of Redfish");
    }
    for (size_t i = 0; i < members; i++) {
        free(body);
        body = NULL;
        err = get(redfish, paths[i], &body, &length, diag);
        if (err == 0) {
            err = jb_redfish_parse_chassis(body, length, paths[i], &chassis[count]);
        }
        if (err == 0) {
            err = chassis[count].part ? -ENODATA : find_meter(redfish, &chassis[count], &meters[count], diag);
            count += err == 0;
        }
        if (err == -EACCES || err == -ETIMEDOUT) {
            return err; /* it would be the same with all others */
        }
    }
    *ret_count = count;
    return 0;
}

int jb_redfish_find(struct jb_redfish *redfish, struct jb_diag *diag)
{
    struct jb_redfish_chassis chassis[JB_REDFISH_CHASSIS];
    struct jb_redfish_meter meters[JB_REDFISH_CHASSIS];
    bool keep[JB_REDFISH_CHASSIS];
    size_t count = 0;
    int err = look(redfish, chassis, meters, &count, diag);
    if (err < 0) {
        return err;
    }
    jb_redfish_choose(chassis, count, keep);
    redfish->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (keep[i] && redfish->count == JB_REDFISH_METERS) {
            return jb_fail(diag, -ENODATA, "more than %d chassis: it is not known which are this machine",
                           JB_REDFISH_METERS);
        }
        if (keep[i]) {
            redfish->meters[redfish->count++] = meters[i];
        }
    }
    return redfish->count ? 0 : jb_fail(diag, -ENODATA, "no chassis of this BMC tells its power");
}

int jb_redfish_ask(struct jb_redfish *redfish, uint64_t *ret_uw, struct jb_diag *diag)
{
    uint64_t sum = 0;
    for (int i = 0; i < redfish->count; i++) {
        uint64_t uw = 0;
        int err = read_meter(redfish, redfish->meters[i].path, redfish->meters[i].metrics, &uw, diag);
        if (err < 0) {
            return err; /* a part of the machine is not the machine */
        }
        sum += uw;
    }
    *ret_uw = sum;
    return 0;
}
