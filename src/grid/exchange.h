/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h - one question to one provider over the network, over all its steps. For fetch_one.c and tests.
 *
 * Here is what holds for all providers: a key goes to nobody but the provider's own address, and only over https or to
 * this machine; what servers and libcurl say is rid of keys before anybody reads it; memory that held one is wiped.
 */
#ifndef JB_GRID_EXCHANGE_H
#define JB_GRID_EXCHANGE_H

#include "grid/provider.h"

struct jb_http;

struct jb_exchanged {
    bool sent;              /* false: it was not even asked */
    uint64_t retry_after_s; /* what the server said with its refusal; 0: nothing */
};

/* Errors as those of jb_provider.answer(), and those of jb_http_ask(). Points get the provider and the time; what lies
 * in the future is marked as a forecast. */
int jb_exchange_run(struct jb_http *http, const struct jb_provider *provider, const struct jb_ask *ask,
                    struct jb_track *ret, struct jb_exchanged *ret_how, struct jb_diag *diag);

/* Put asterisks over each place where `secret` stands in a text as it is, or percent-encoded, and over what of it is
 * left where the text was cut. NULL and empty secrets: nothing. */
void jb_secret_hide(char *text, const char *secret);

#endif
