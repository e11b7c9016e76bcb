/* SPDX-License-Identifier: Apache-2.0 */
/* See service.h. */
#include "base/service.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */
#define MAX_FDS  64

bool jb_service_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (path == NULL || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(address.sun_path)) {
        return false;
    }
    size_t length = strlen(path);
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') {
        address.sun_path[0] = '\0';
    }
    JB_CLEANUP(jb_closep) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return fd >= 0 && sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, size) >= 0;
}

static bool is_kind(int fd, int type, bool local)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof(address), length = sizeof(int);
    int found = 0, listens = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &found, &length) < 0 || found != type ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0 || (address.ss_family == AF_UNIX) != local) {
        return false;
    }
    length = sizeof(listens);
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens != 0;
}

void jb_service_sockets(int *ret_stream, int *ret_packets)
{
    const char *pid_text = getenv("LISTEN_PID"), *count_text = getenv("LISTEN_FDS");
    uint64_t pid = 0, count = 0;

    *ret_stream = *ret_packets = -1;
    bool ours = pid_text != NULL && count_text != NULL && jb_parse_u64(pid_text, &pid) == 0 &&
                jb_parse_u64(count_text, &count) == 0 && pid == (uint64_t)getpid() && count <= MAX_FDS;
    for (int fd = FIRST_FD; ours && fd < FIRST_FD + (int)count; fd++) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        if (*ret_stream < 0 && is_kind(fd, SOCK_STREAM, false)) {
            *ret_stream = fd;
        } else if (*ret_packets < 0 && is_kind(fd, SOCK_SEQPACKET, true)) {
            *ret_packets = fd;
        } else {
            close(fd);
        }
    }
    if (*ret_packets >= 0) {
        fcntl(*ret_packets, F_SETFL, fcntl(*ret_packets, F_GETFL) | O_NONBLOCK);
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}
