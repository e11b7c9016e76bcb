/* SPDX-License-Identifier: Apache-2.0 */
/*
 * viewer_proc.c - the owner of a TCP socket by /proc/net/tcp and tcp6, proc(5).
 *
 * Columns: number, local address, remote address, state, queues, timer, retransmissions, uid, timeout, inode, ... Odd:
 * an address is its 32-bit words in hexadecimal as the processor holds them, a port is in the usual order. Tables are
 * long where there are many connections: LINES_MAX is where we give up.
 */
#include "server/viewer.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "server/socket_pair.h"

#define LINES_MAX 100000 /* engineering bound */

static int hex_digit(char c)
{
    const char *digits = "0123456789ABCDEF";
    const char *found = c != '\0' ? strchr(digits, toupper((unsigned char)c)) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

static bool hex_number(const char *text, size_t length, uint32_t *ret)
{
    uint32_t value = 0;

    for (size_t i = 0; i < length; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0) {
            return false;
        }
        value = value * 16 + (uint32_t)digit;
    }
    *ret = value;
    return true;
}

/* "0100007F:1F90" or 32 digits and a port. */
static bool parse_end(const char *text, struct jb_end *ret)
{
    size_t length = strlen(text);
    struct jb_end end = {0};
    uint32_t word = 0, port = 0;

    if ((length != 13 && length != 37) || text[length - 5] != ':' || !hex_number(text + length - 4, 4, &port)) {
        return false;
    }
    size_t words = (length - 5) / 8, first = 4 - words;
    for (size_t i = 0; i < words; i++) {
        if (!hex_number(text + 8 * i, 8, &word)) {
            return false;
        }
        memcpy(end.address.s6_addr + 4 * (first + i), &word, 4);
    }
    if (words == 1) {
        end.address.s6_addr[10] = end.address.s6_addr[11] = 0xff;
    }
    end.port = htons((uint16_t)port);
    *ret = end;
    return true;
}

/* -EAGAIN: another line's socket. */
static int judge(char *line, const struct jb_end *peer, const struct jb_end *local, uid_t *ret)
{
    enum { LOCAL = 1, REMOTE = 2, UID = 7, INODE = 9, COLUMNS };
    char *columns[COLUMNS], *rest = NULL;
    struct jb_end source, target;
    uint64_t uid = 0, inode = 0;

    for (size_t i = 0; i < COLUMNS; i++) {
        columns[i] = strtok_r(i == 0 ? line : NULL, " \n", &rest);
        if (columns[i] == NULL) {
            return -EAGAIN;
        }
    }
    if (!parse_end(columns[LOCAL], &source) || !parse_end(columns[REMOTE], &target) || !jb_end_equal(&source, peer) ||
        !jb_end_equal(&target, local)) {
        return -EAGAIN;
    }
    if (jb_parse_u64(columns[UID], &uid) < 0 || jb_parse_u64(columns[INODE], &inode) < 0 || uid >= UINT32_MAX ||
        inode == 0) {
        return -ENOENT;
    }
    *ret = (uid_t)uid;
    return 0;
}

static int search(const char *path, const struct jb_end *peer, const struct jb_end *local, uid_t *ret)
{
    char line[512];
    int r = -EAGAIN;
    FILE *table = fopen(path, "re");

    if (table == NULL) {
        return -errno;
    }
    for (size_t i = 0; r == -EAGAIN && i < LINES_MAX && fgets(line, sizeof(line), table) != NULL; i++) {
        r = judge(line, peer, local, ret);
    }
    fclose(table);
    return r;
}

int jb_viewer_uid_proc(const char *proc_net, const struct sockaddr *peer, const struct sockaddr *local, uid_t *ret)
{
    static const char *const names[] = {"tcp", "tcp6"}; /* one with mapped addresses is in the second */
    struct jb_end theirs, ours;
    int worst = -ENOENT;

    if (!jb_end_of(peer, &theirs) || !jb_end_of(local, &ours)) {
        return -EINVAL;
    }
    for (size_t i = 0; i < 2; i++) {
        char path[256];
        if (jb_snprintf(path, sizeof(path), "%s/%s", proc_net, names[i]) >= (int)sizeof(path)) {
            return -ENAMETOOLONG;
        }
        int r = search(path, &theirs, &ours, ret);
        if (r == 0) {
            return 0;
        }
        worst = r == -EAGAIN || r == -ENOENT ? worst : r;
    }
    return worst;
}
