/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service.h - what a service says to systemd and gets from it (sd_notify(3), sd_listen_fds(3)), without its library.
 *
 * Without systemd all of it is nothing: no socket is there, and what is said goes nowhere.
 */
#ifndef JB_BASE_SERVICE_H
#define JB_BASE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

/* "READY=1", "WATCHDOG=1", "STOPPING=1", "STATUS=...": to NOTIFY_SOCKET. True: somebody may have heard it. */
bool jb_service_notify(const char *state);

/* Sockets that were opened for us, by kind: a listening stream of the network, and a listening Unix socket of packets.
 * -1: none. Both are set to close on exec; others that came along are closed. Forgets the environment that told it, so
 * that no child believes it. */
void jb_service_sockets(int *ret_stream, int *ret_packets);

#endif
