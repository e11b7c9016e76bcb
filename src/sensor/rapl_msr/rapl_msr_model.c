/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rapl_msr_model.c - which energy registers a processor has, as the kernel knows it (arch/x86/events/rapl.c,
 * drivers/powercap/intel_rapl_common.c; model numbers: arch/x86/include/asm/intel-family.h).
 *
 * Odd: memory of Haswell to Ice Lake servers and of Xeon Phi counts in 2^-16 J whatever the unit register says; since
 * Sapphire Rapids in the package's unit. The platform counter of Sapphire and Emerald Rapids counts whole joules.
 * Registers that a model lacks may answer all the same, with something else: so there is a list, and processors that
 * are not on it (Silvermont Atoms, whose unit is another; servers since Granite Rapids, whose counters are elsewhere)
 * are left alone.
 */
#include "sensor/rapl_msr/rapl_msr_model.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "hardware/hardware.h"

#define OWN JB_MSR_UNIT_OWN

static const struct jb_msr_counter sandy_bridge[] = {
    {JB_RAPL_PACKAGE, 0x611, OWN}, {JB_RAPL_CORES, 0x639, OWN}, {JB_RAPL_UNCORE, 0x641, OWN}};
static const struct jb_msr_counter sandy_bridge_ep[] = {
    {JB_RAPL_PACKAGE, 0x611, OWN}, {JB_RAPL_CORES, 0x639, OWN}, {JB_RAPL_DRAM, 0x619, OWN}};
static const struct jb_msr_counter haswell[] = {{JB_RAPL_PACKAGE, 0x611, OWN},
                                                {JB_RAPL_CORES, 0x639, OWN},
                                                {JB_RAPL_UNCORE, 0x641, OWN},
                                                {JB_RAPL_DRAM, 0x619, OWN}};
static const struct jb_msr_counter haswell_server[] = {
    {JB_RAPL_PACKAGE, 0x611, OWN}, {JB_RAPL_CORES, 0x639, OWN}, {JB_RAPL_DRAM, 0x619, 16}};
static const struct jb_msr_counter phi[] = {{JB_RAPL_PACKAGE, 0x611, OWN}, {JB_RAPL_DRAM, 0x619, 16}};
static const struct jb_msr_counter skylake[] = {{JB_RAPL_PACKAGE, 0x611, OWN},
                                                {JB_RAPL_CORES, 0x639, OWN},
                                                {JB_RAPL_UNCORE, 0x641, OWN},
                                                {JB_RAPL_DRAM, 0x619, OWN},
                                                {JB_RAPL_PSYS, 0x64d, OWN}};
static const struct jb_msr_counter sapphire_rapids[] = {
    {JB_RAPL_PACKAGE, 0x611, OWN}, {JB_RAPL_CORES, 0x639, OWN}, {JB_RAPL_DRAM, 0x619, OWN}, {JB_RAPL_PSYS, 0x64d, 0}};
static const struct jb_msr_counter zen[] = {{JB_RAPL_PACKAGE, 0xc001029b, OWN}};

#define INTEL(list)                                                                                                    \
    {                                                                                                                  \
        .unit_register = 0x606, .counters = (list), .counter_count = JB_COUNT(list)                                    \
    }

static const struct jb_msr_model sandy_bridge_model = INTEL(sandy_bridge);
static const struct jb_msr_model sandy_bridge_ep_model = INTEL(sandy_bridge_ep);
static const struct jb_msr_model haswell_model = INTEL(haswell);
static const struct jb_msr_model haswell_server_model = INTEL(haswell_server);
static const struct jb_msr_model phi_model = INTEL(phi);
static const struct jb_msr_model skylake_model = INTEL(skylake);
static const struct jb_msr_model sapphire_rapids_model = INTEL(sapphire_rapids);
/* Its counter of cores, 0xc001029a, is one for each core: no sum of a socket. */
static const struct jb_msr_model zen_model = {
    .unit_register = 0xc0010299, .by_package = true, .counters = zen, .counter_count = JB_COUNT(zen)};

static const struct {
    const struct jb_msr_model *model;
    unsigned char numbers[24]; /* of family 6; ends with 0 */
} intel[] = {
    {&sandy_bridge_model, {0x2a, 0x3a}},
    {&sandy_bridge_ep_model, {0x2d, 0x3e}},
    {&haswell_model, {0x3c, 0x45, 0x46, 0x3d, 0x47, 0x5c, 0x5f, 0x7a}},
    {&haswell_server_model, {0x3f, 0x4f, 0x56, 0x55, 0x6a, 0x6c}},
    {&phi_model, {0x57, 0x85}},
    {&skylake_model, {0x4e, 0x5e, 0x8e, 0x9e, 0x66, 0x7d, 0x7e, 0xa5, 0xa6, 0x8c, 0x8d,
                      0x97, 0x9a, 0xbe, 0xb7, 0xba, 0xbf, 0xaa, 0xac, 0xc5, 0xc6, 0xbd}},
    {&sapphire_rapids_model, {0x8f, 0xcf}},
};

const struct jb_msr_model *jb_msr_model_of(const struct jb_machine *machine)
{
    const struct jb_cpu *cpu = &machine->cpu;
    if (jb_streq(cpu->vendor, "AMD") || jb_streq(cpu->vendor, "Hygon")) {
        return cpu->family >= 0x17 ? &zen_model : NULL;
    }
    for (size_t i = 0; jb_streq(cpu->vendor, "Intel") && cpu->family == 6 && i < JB_COUNT(intel); i++) {
        for (const unsigned char *number = intel[i].numbers; *number; number++) {
            if (*number == cpu->model_number) {
                return intel[i].model;
            }
        }
    }
    return NULL;
}
