/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dlsym(): keep the two arguments, ask arrive_pass() for the real one, jump there with the stack as it was found. glibc
 * takes the return address for the caller (elf/dl-sym.c), so a call from here would break RTLD_NEXT and RUNPATH.
 */
#if defined(__x86_64__) && !defined(__ILP32__)

#ifdef __CET__
#include <cet.h>
#else
#define _CET_ENDBR
#endif

    .text
    .globl dlsym
    .type dlsym, @function
    .hidden arrive_pass
dlsym:
    .cfi_startproc
    _CET_ENDBR
    pushq %rdi
    .cfi_adjust_cfa_offset 8
    pushq %rsi
    .cfi_adjust_cfa_offset 8
    subq $8, %rsp
    .cfi_adjust_cfa_offset 8
    call arrive_pass
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    popq %rsi
    .cfi_adjust_cfa_offset -8
    popq %rdi
    .cfi_adjust_cfa_offset -8
    jmp *%rax
    .cfi_endproc
    .size dlsym, .-dlsym

#elif defined(__aarch64__)

    .text
    .globl dlsym
    .type dlsym, %function
    .hidden arrive_pass
    .p2align 2
dlsym:
    .cfi_startproc
    hint #34 /* bti c */
    stp x29, x30, [sp, #-32]!
    .cfi_def_cfa_offset 32
    .cfi_offset 29, -32
    .cfi_offset 30, -24
    mov x29, sp
    stp x0, x1, [sp, #16]
    bl arrive_pass
    mov x16, x0 /* a branch through x16 may land on "bti c" */
    ldp x0, x1, [sp, #16]
    ldp x29, x30, [sp], #32
    .cfi_def_cfa_offset 0
    .cfi_restore 29
    .cfi_restore 30
    br x16
    .cfi_endproc
    .size dlsym, .-dlsym

#endif

    .section .note.GNU-stack, "", %progbits
