/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waking up costs on this machine: CPU of a loop that waits for a timer each interval and does nothing else, in
 * percent of a core. No meter can sample for less; virtual machines differ much in it.
 *
 * usage: timer_floor INTERVAL_NS SECONDS
 */
#include "base/clock.h"
#include "base/text.h"

#include <poll.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    uint64_t interval_ns, seconds, expirations;

    if (argc != 3 || jb_parse_u64(argv[1], &interval_ns) < 0 || jb_parse_u64(argv[2], &seconds) < 0 ||
        interval_ns == 0) {
        fputs("usage: timer_floor INTERVAL_NS SECONDS\n", stderr);
        return 2;
    }
    struct timespec each = {(time_t)(interval_ns / JB_NS_PER_S), (long)(interval_ns % JB_NS_PER_S)};
    struct itimerspec timer = {.it_interval = each, .it_value = each};
    struct pollfd fd = {.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), .events = POLLIN};
    if (fd.fd < 0 || timerfd_settime(fd.fd, 0, &timer, NULL) < 0) {
        perror("timer_floor");
        return 1;
    }
    uint64_t start_ns = jb_mono_ns(), cpu_ns = jb_self_cpu_ns();
    while (jb_mono_ns() - start_ns < seconds * JB_NS_PER_S) {
        if (poll(&fd, 1, -1) < 0 || read(fd.fd, &expirations, sizeof(expirations)) < 0) {
            return 1;
        }
    }
    printf("%.4f\n", 100.0 * (double)(jb_self_cpu_ns() - cpu_ns) / (double)(jb_mono_ns() - start_ns));
    close(fd.fd);
    return 0;
}
