/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_put.h - between conf.c, which keeps the values, and conf_load.c, which reads them. Not for others.
 *
 * Messages do not name the place; the reader of the place puts it in front.
 */
#ifndef JB_BASE_CONF_PUT_H
#define JB_BASE_CONF_PUT_H

#include <stdbool.h>

struct jb_conf;
struct jb_diag;

bool jb_conf_check_section(const char *section, struct jb_diag *diag);
int jb_conf_put(struct jb_conf *conf, const char *section, const char *key, const char *value, const char *origin,
                struct jb_diag *diag);

#endif
