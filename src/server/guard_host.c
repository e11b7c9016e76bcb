/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts and addresses. See guard.h. */
#include "server/guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "base/diag.h"
#include "base/text.h"
#include "server/viewer.h"

#define HOST_MAX 256 /* a name of DNS has at most 253 */

struct authority {
    char host[HOST_MAX]; /* without brackets and the last dot */
    char port[8];        /* empty: none */
    bool bracketed;
};

static bool is_port(const char *text)
{
    uint64_t port = 0;
    return jb_parse_u64(text, &port) == 0 && port <= UINT16_MAX && strlen(text) <= 5;
}

/* "HOST", "HOST:PORT", "[ADDRESS]:PORT"; false: none of them. */
static bool take_apart(const char *text, size_t length, struct authority *ret)
{
    const char *end = text + length;
    struct authority parts = {0};

    parts.bracketed = length > 0 && text[0] == '[';
    const char *host = parts.bracketed ? text + 1 : text;
    const char *stop = memchr(host, parts.bracketed ? ']' : ':', (size_t)(end - host));
    if (parts.bracketed && stop == NULL) {
        return false;
    }
    stop = stop != NULL ? stop : end;
    const char *port = parts.bracketed ? stop + 1 : stop;
    size_t host_length = (size_t)(stop - host), port_length = (size_t)(end - port);
    if (host_length > 1 && host[host_length - 1] == '.') {
        host_length--;
    }
    if (host_length == 0 || host_length >= sizeof(parts.host) || memchr(host, '\0', host_length) != NULL) {
        return false;
    }
    memcpy(parts.host, host, host_length);
    if (port_length > 0) {
        if (port[0] != ':' || port_length - 1 >= sizeof(parts.port)) {
            return false;
        }
        memcpy(parts.port, port + 1, port_length - 1);
        if (!is_port(parts.port)) {
            return false;
        }
    }
    *ret = parts;
    return true;
}

static bool is_address(const struct authority *parts)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(parts->bracketed ? AF_INET6 : AF_INET, parts->host, bytes) == 1;
}

static bool is_localhost(const char *host)
{
    static const char name[] = "localhost", below[] = ".localhost";
    size_t length = strlen(host), tail = sizeof(below) - 1;

    return strcasecmp(host, name) == 0 || (length > tail && strcasecmp(host + length - tail, below) == 0);
}

bool jb_guard_host(const char *host, const char *hosts)
{
    struct authority asked;

    if (host == NULL || !take_apart(host, strlen(host), &asked)) {
        return false;
    }
    if (is_address(&asked)) {
        return true;
    }
    if (asked.bracketed) {
        return false;
    }
    if (is_localhost(asked.host)) {
        return true;
    }
    while (hosts != NULL && *hosts != '\0') {
        struct authority ours;
        hosts += strspn(hosts, " \t,");
        size_t length = strcspn(hosts, " \t,");
        if (take_apart(hosts, length, &ours) && !ours.bracketed && strcasecmp(ours.host, asked.host) == 0 &&
            (ours.port[0] == '\0' || strcmp(ours.port, asked.port) == 0)) {
            return true;
        }
        hosts += length;
    }
    return false;
}

static bool to_address(const struct authority *parts, struct jb_guard_listen *ret)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&ret->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ret->address;
    uint64_t port = 0;

    if (jb_parse_u64(parts->port, &port) < 0) {
        return false;
    }
    if (parts->bracketed) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        ret->length = sizeof(*v6);
        return inet_pton(AF_INET6, parts->host, &v6->sin6_addr) == 1;
    }
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
    ret->length = sizeof(*v4);
    return inet_pton(AF_INET, strcasecmp(parts->host, "localhost") == 0 ? "127.0.0.1" : parts->host, &v4->sin_addr) ==
           1;
}

int jb_guard_listen(const char *text, struct jb_guard_listen *ret, struct jb_diag *diag)
{
    struct jb_guard_listen listen = {0};
    struct authority parts;

    if (!take_apart(text, strlen(text), &parts) || !to_address(&parts, &listen)) {
        jb_fail(diag, -EINVAL, "\"%.100s\" is not an address and port to listen at", text);
        jb_fix(diag, "127.0.0.1:9836, [::1]:9836 or, for other machines too, 0.0.0.0:9836");
        return -EINVAL;
    }
    listen.loopback = jb_address_is_loopback((const struct sockaddr *)&listen.address);
    *ret = listen;
    return 0;
}
