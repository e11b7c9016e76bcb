/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AArch64: a function that returns a class with a destructor is told in x8 where to put it (AAPCS64, 6.9; Itanium C++
 * ABI, 3.1.3), which C cannot say. x86-64 tells it in the first argument and needs nothing of this.
 */
#if defined(__aarch64__)

    .text

    .macro start what
    .globl pytorch_start_\what
    .hidden pytorch_start_\what
    .hidden pytorch_begin_\what
    .type pytorch_start_\what, %function
    .p2align 2
pytorch_start_\what:
    .cfi_startproc
    hint #34 /* bti c */
    mov x1, x0
    mov x0, x8
    b pytorch_begin_\what
    .cfi_endproc
    .size pytorch_start_\what, .-pytorch_start_\what
    .endm

    start user
    start tick
    start backward
    start function

/* void pytorch_shim_step(void (*get)(void), void *place, unsigned scope) */
    .globl pytorch_shim_step
    .hidden pytorch_shim_step
    .type pytorch_shim_step, %function
    .p2align 2
pytorch_shim_step:
    .cfi_startproc
    hint #34
    mov x16, x0
    mov x8, x1
    mov w0, w2
    br x16
    .cfi_endproc
    .size pytorch_shim_step, .-pytorch_shim_step

#endif

    .section .note.GNU-stack, "", %progbits
