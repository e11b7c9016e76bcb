/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diag.c - fill the one-line message that a caller prints.
 *
 * Messages quote paths, device names and arguments, which may hold terminal escapes: what is stored is
 * sanitised here, once, so that no caller can forget it. Documented in diag.h.
 */
#include "base/diag.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>

int jb_fail(struct jb_diag *diag, int err, const char *format, ...)
{
    if (diag) {
        int saved = errno;
        char text[sizeof(diag->text)]; /* the arguments may point into the diag itself */
        va_list args;
        va_start(args, format);
        jb_vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        jb_sanitise(text);
        jb_copy(diag->text, sizeof(diag->text), text);
        diag->fix[0] = '\0';
        errno = saved;
    }
    return err;
}

void jb_fix(struct jb_diag *diag, const char *format, ...)
{
    if (diag) {
        int saved = errno;
        char text[sizeof(diag->fix)];
        va_list args;
        va_start(args, format);
        jb_vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        jb_sanitise(text);
        jb_copy(diag->fix, sizeof(diag->fix), text);
        errno = saved;
    }
}

void jb_diag_clear(struct jb_diag *diag)
{
    if (diag) {
        diag->text[0] = '\0';
        diag->fix[0] = '\0';
    }
}
