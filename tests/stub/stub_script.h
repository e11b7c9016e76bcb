/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stub_script.h - what the stub of libnvidia-ml.so.1 pretends to be.
 *
 * The file named by JB_STUB_NVML holds one statement a line; '#' begins a comment. It is read again at every call of
 * the library, so that a test changes the machine by writing the file. Without the variable: one H100 at 300 W.
 *
 *   gpus N                     number of GPUs (default 1)
 *   init ok|driver_not_loaded|library_not_found|version_mismatch|no_permission|gpu_not_found|unknown|hang
 *   driver 535.104.05
 *   name I NVIDIA H100 80GB HBM3       uuid I GPU-...       pci I 00000000:65:00.0       arch I 9
 *   watts I 300                the energy counter advances by this, and the gauges say it
 *   limit I 700                enforced power limit in watts; 0: not supported       default I 700: the board's own
 *   energy I ok|absent|frozen|denied|failing|offset=MJ     offset: added to (watts x CLOCK_MONOTONIC)
 *   samples I ok|absent|empty|stopped|unordered|future|old|zero|failing      field186 I ok|absent
 *   power I ok|absent          nvmlDeviceGetPowerUsage
 *   util I PERCENT             nvmlDeviceGetUtilizationRates; without it: not supported
 *   mig I on                   instance I gi=1 ci=0 slices=3      a MIG device        slices I 7      of the board
 *   module I 900               the GPU is on a module that draws this (field 185, 186 of scope 1)
 *   module_energy I ok|absent  field 191                 owner I gpu|module      whose is the GPU's counter
 *   session N                  another number than at nvmlInit: the driver was reloaded since
 *   lost I [after=2s]      reset_required I
 *   broken I CODE              no handle: the nvmlReturn_t instead
 *   tegra I                    nothing about energy, power or processes is supported
 *   hang I [after=2s]          every call about this GPU after that time never returns
 *   processes I absent|denied  procutil I absent|failing
 *   process I pid=1234 [util=80] [count=2] [nocontext] [gi=1 ci=0]     count: how many samples; no util: only a context
 *   garbage I                  process samples as drivers have been seen to return: 3000 %, a dead pid, an unwritten
 *                              entry, a stamp of years ago
 * Times run from the first nvmlInit.
 */
#ifndef JB_TESTS_STUB_STUB_SCRIPT_H
#define JB_TESTS_STUB_STUB_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#define STUB_MAX_GPUS      40
#define STUB_MAX_PROCESSES 32
#define STUB_MAX_INSTANCES 8

struct stub_instance {
    unsigned int gi, ci, slices;
};

struct stub_process {
    unsigned int pid, util, count, gi, ci;
    bool has_util, context;
};

struct stub_gpu {
    char name[96], uuid[96], pci[32];
    char energy[16], samples[16], field186[16], power[16], procutil[16], processes[16], owner[16], module_energy[16];
    unsigned int arch, module_w, slices, watts, limit_w, default_w, util, broken;
    uint64_t energy_offset_mj;
    bool has_util, mig, tegra, garbage, lost, hang, reset_required;
    uint64_t lost_after_ns, hang_after_ns;
    struct stub_process users[STUB_MAX_PROCESSES];
    unsigned int user_count;
    struct stub_instance instances[STUB_MAX_INSTANCES];
    unsigned int instance_count;
};

struct stub_script {
    char init[32], driver[32];
    unsigned int gpu_count, session;
    struct stub_gpu gpus[STUB_MAX_GPUS];
};

/* The script as it is now. */
void stub_script_read(struct stub_script *ret);

#endif
