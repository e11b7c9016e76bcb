/* SPDX-License-Identifier: Apache-2.0 */
/* pattern_code.h - the operations of a compiled pattern, between pattern.c and pattern_run.c only. */
#ifndef JB_HARDWARE_PATTERN_CODE_H
#define JB_HARDWARE_PATTERN_CODE_H

enum jb_pattern_kind {
    JB_OP_ATOM,  /* one byte that fits the source at x */
    JB_OP_SPLIT, /* try x, then y (distances) */
    JB_OP_JUMP,  /* x */
    JB_OP_SAVE,  /* the place in the text is edge `number`: 2n begins group n, 2n+1 ends it */
    JB_OP_BEGIN,
    JB_OP_END,  /* of the text, or before its last newline */
    JB_OP_EDGE, /* of a word */
    JB_OP_LOOK, /* what follows, up to the MATCH before x, must fit here (number 1: must not) */
    JB_OP_MATCH,
};

#endif
