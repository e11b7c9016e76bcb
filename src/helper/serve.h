/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.h - the helper's life: small, then answering until the socket is closed.
 *
 * Each packet on descriptor 3 is a request (request.h); each answer is an int32, 0 with a descriptor (SCM_RIGHTS) or an
 * errno without. Root and members of the group joulebook-raw get raw descriptors, everybody else copies (copy.h).
 */
#ifndef JB_HELPER_SERVE_H
#define JB_HELPER_SERVE_H

#include "helper/open.h"

#define JB_HELPER_SOCKET    3
#define JB_HELPER_MAX_OPEN  256 /* in its life; further ones get -EMFILE */
#define JB_HELPER_RAW_GROUP "joulebook-raw"

/* The exit status: 0 when the socket was closed, 1 when something failed, 2 when it was started wrongly. */
int jb_helper_serve(const struct jb_helper_place *place);

#endif
