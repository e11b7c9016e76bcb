/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accept.h - in which of two formats a scraper wants the metrics (RFC 9110, 12.5.1). Pure.
 */
#ifndef JB_SERVER_ACCEPT_H
#define JB_SERVER_ACCEPT_H

#include <stdbool.h>

/* True: the header asks for OpenMetrics 1.0 more than for text. NULL, nonsense, and one that takes neither: false, for
 * text is what every scraper reads. */
bool jb_accept_openmetrics(const char *accept);

#endif
