/* SPDX-License-Identifier: Apache-2.0 */
/* messages.h - messages of random contents, for the tests of packing and unpacking. */
#ifndef JB_TEST_LINK_MESSAGES_H
#define JB_TEST_LINK_MESSAGES_H

#include "../base/support.h"
#include "link/link.h"

/* A valid message of this kind, every byte of it random within its bounds; `channels` in what has channels. LIVE's text
 * is the caller's. */
void message_fill(struct random *r, enum jb_link_kind kind, uint32_t channels, struct jb_link_message *ret);

/* Packed into JB_LINK_MAX bytes, by the function of its kind. */
ssize_t message_pack(const struct jb_link_message *message, void *buffer);

#endif
