#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules that give equal parts equal keys, readable: the oracle of src/hardware/match_cpu.c and match_gpu.c.

A name is rewritten step by step, each step one row below, until only what tells models apart is left; the key is what
remains of it in lower-case letters, digits and '+'. data/hardware_power.csv was keyed by these rules, so a rule can
only change together with the table. Names are what kernels, hypervisors, drivers and price lists write: no grammar
covers them, and the order of the steps matters.

    match_names.py cpu < names      prints "key<TAB>vendor" for each line
    match_names.py gpu < names
"""
import re
import sys

I = re.IGNORECASE


class Step:
    """Replace every match of `pattern`; `only`/`unless` must be / not be found first; `vendor` restricts it."""

    def __init__(self, pattern, put="", only=None, unless=None, vendor=None, exact=False):
        flags = 0 if exact else I
        self.find = re.compile(pattern, flags)
        self.put = put
        self.only = re.compile(only, flags) if only else None
        self.unless = re.compile(unless, flags) if unless else None
        self.vendor = vendor

    def apply(self, text, vendor):
        if self.vendor and self.vendor != vendor:
            return text
        if self.only and not self.only.search(text) or self.unless and self.unless.search(text):
            return text
        return self.find.sub(self.put, text)


def run(steps, text, vendor=""):
    for step in steps:
        text = step.apply(text, vendor)
    return text


def tidy(text, ends):
    return re.sub(r"\s+", " ", text).strip(ends)


def squeeze(text):
    return re.sub(r"[^a-z0-9+]", "", text.lower())


# ---- CPUs ----

CPU_FIRST = [
    Step(r"[®™©℠]|\((r|tm|c)\)", " "),
    Step("[\u00a0\ufffd]", " "),
    Step("[\u2013\u2011]", "-"),
    Step(r"^\[[^\]]*\]\s*"),
    Step(r"\s*@.*$"),                                                     # clock
    Step(r"\s-\s[A-Z]{2,}\d{5,}.*$", exact=True),                         # order code
    Step(r"\s*\([^)]*(cache|ghz|mhz|oem|only|watt|\d+w\b|formerly|m,|rev|step|socket|core)[^)]*\)"),
    Step(r"\s*\([^)]*\)$"),
    Step(r"\b(\d+)(st|nd|rd|th)\s+gen(eration)?\b"),
    Step(r"\bw(ith|/)\s+(amd )?(radeon|vega|iris|intel|hd|uhd|rx|graphics|ipu|integrated|4 ?channel|5 ?channel"
         r"|8 ?channel|3d).*$"),
    Step(r"\bradeon\s+(r\d|hd|vega|graphics|rx).*$"),
    Step(r",.*$"),
    Step(r"\b\d+-core\b"),
    Step(r"\b(quad|six|eight|twelve|sixteen|triple|dual|hexa|octa)[- ]core\b(?=\s*(processor|cpu)?\s*$)",
         only=r"ryzen|epyc|fx|phenom|opteron|sempron|turion|athlon|a(4|6|8|10|12)|e[12]-"),
    Step(r"\b(processors?|cpu|apu|soc|oem/tray|oem only|oem|tray|boxed|box|for desktop|for nas|desktop kit"
         r"|eng sample|engineering sample)\b", " "),
]

# A name that begins with such a word is that vendor's ...
CPU_VENDOR_WORDS = dict([
    ("intel", "Intel"), ("amd", "AMD"), ("ampere", "Ampere"), ("apple", "Apple"), ("qualcomm", "Qualcomm"),
    ("nvidia", "NVIDIA"), ("hygon", "Hygon"), ("zhaoxin", "Zhaoxin"), ("via", "VIA"), ("ibm", "IBM"),
    ("mediatek", "MediaTek"), ("samsung", "Samsung"), ("hisilicon", "HiSilicon"), ("huawei", "Huawei"),
    ("rockchip", "Rockchip"), ("broadcom", "Broadcom"), ("fujitsu", "Fujitsu"), ("cavium", "Marvell"),
    ("marvell", "Marvell"), ("loongson", "Loongson"), ("phytium", "Phytium"), ("aws", "AWS"),
    ("annapurna labs", "AWS"), ("transmeta", "Transmeta"), ("cyrix", "Cyrix"), ("centaur", "VIA"),
    ("microsoft", "Microsoft"), ("google", "Google"), ("unisoc", "Unisoc"), ("spreadtrum", "Unisoc"),
    ("allwinner", "Allwinner"), ("amlogic", "Amlogic"), ("montage", "Montage"), ("freescale", "NXP"), ("nxp", "NXP"),
    ("sifive", "SiFive"), ("thead", "T-Head"), ("idt", "IDT"), ("nexgen", "NexGen"), ("sun", "Oracle"),
    ("oracle", "Oracle"), ("dec", "DEC"), ("hp", "HP"), ("motorola", "Motorola"),
])

# ... else its product line tells.
CPU_LINES = [(re.compile(pattern, I), vendor) for pattern, vendor in [
    (r"\b(xeon|core ?(2|i[3579]|m[3579]?|ultra|[3579])\b|core(2| duo| solo| 2)|pentium|celeron|atom|itanium|quark)",
     "Intel"),
    (r"^(u|n)\d{3}\b", "Intel"),
    (r"^(processor )?(n|u)\d{2,3}\b", "Intel"),
    (r"\b(epyc|ryzen|threadripper|athlon|opteron|phenom|sempron|turion|duron|geode|fx-?\d|a(4|6|8|9|10|12)[- ]"
     r"|e[12]-\d|e-\d{3}|c-\d\d|z-\d\d|k6|am486)", "AMD"),
    (r"\b(altra|ampereone)", "Ampere"),
    (r"\bgraviton", "AWS"),
    (r"\bsnapdragon", "Qualcomm"),
    (r"\b(kunpeng|kirin)", "Huawei"),
    (r"\bpower ?(7|8|9|10)\b", "IBM"),
    (r"\b(q|m)\d{2,3}-\d\d\b", "Ampere"),
    (r"\bdimensity|helio\b", "MediaTek"),
    (r"\bexynos\b", "Samsung"),
    (r"\bthunderx|octeon\b", "Marvell"),
    (r"\ba64fx|sparc64\b", "Fujitsu"),
]]

OLD_SUFFIX = {"x": "X", "m": "M", "q": "QM", "l": "LM", "u": "UM"}


def old_core(match):  # "Core i7 X 990" was later written i7-990X
    return "Core %s-%s%s" % (match[1].lower(), match[3], OLD_SUFFIX[match[2].lower()])


def xeon_e(match):
    return "Xeon %s-%s%s" % (match[1].upper(), match[2].upper(), " " + match[3].lower() if match[3] else "")


CPU_LINE = [
    Step(r"^amd\s+"),
    Step(r"\bcore\s?2\s+(duo|quad|extreme|solo)", lambda m: "Core 2 " + m[1]),
    Step(r"\bcore2\b", "Core 2"),
    Step(r"\bcore (i[357])\s+(x|m|l|u|q)\s+(\d{3})\b", old_core),
    Step(r"^pentium dual-core|^dual-core pentium", "Pentium Dual-Core"),
    Step(r"^(six|quad|dual)-core\s+"),
    Step(r"\bcore (i[3579]|m[3579]?)[ -]+(\d)", lambda m: "Core %s-%s" % (m[1].lower(), m[2])),
    Step(r"\bxeon\s+(e[357])[ -]+(\d{4}\w*)\s*(v\d)?", xeon_e),
    Step(r"\bxeon\s+([edw])[ -]+(\d{3,4}\w*)", lambda m: "Xeon %s-%s" % (m[1].upper(), m[2].upper())),
    Step(r"\bx-series\b|\bx-serie\b"),
    Step(r"(E5-\d{4}[WL]?)\s*0$", r"\1", exact=True),                     # "E5-2670 0": there was no v2 yet
    Step(r"\s+0$"),
    Step(r"\bpro\b", "PRO"),
]

CPU_LAST = [
    Step(r"\b(\d{4,5})([a-z]+)\b", lambda m: m[1] + m[2].upper(), only=r"\b\d{4,5}[a-z]{1,3}\b", unless=r"v\d$",
         vendor="Intel", exact=True),
    Step(r"\s+\d(\.\d+)?\s?GHz\b.*$", only=r"(LGA|FM2|AM[345]|TR4|SP3|BGA|PGA|rPGA)\S*$", exact=True),
    Step(r"\s+\d-Core.*$", exact=True),
    Step(r"\b(black edition|black|limited edition|extreme edition)\b", vendor="AMD"),
    Step(r"\s+and\s+(wraith|near|amd|low).*$"),
    Step(r"\s+supporting\s+ht.*?technology"),
    Step(r"\bmobile intel\b", "Mobile"),
    Step(r"\bmobile amd\b", "Mobile"),
    Step(r"\ba-series\s+(?=a\d)"),
    Step(r"\[[^\]]*\]"),
    Step(r"\bcoprocessor\b"),
    Step(r"(X[EC]?)\s+X$", r"\1", exact=True),
    Step(r"(E5-\d{4}L?)0$", r"\1", only=r"E5-\d{5}$|E5-\d{4}L0$", exact=True),
    Step(r"^.*?\b([qm])(\d{2,3})-(\d\d).*$",
         lambda m: "%s %s%s-%s" % ("Altra Max" if m[1] in "mM" else "Altra", m[1].upper(), m[2], m[3]),
         vendor="Ampere"),
]


def cpu_vendor(text):
    low = text.lower()
    for word, vendor in CPU_VENDOR_WORDS.items():
        if low.startswith((word + " ", word + "-")):
            return vendor
    for pattern, vendor in CPU_LINES:
        if pattern.search(text):
            return vendor
    return ""


def strip_vendor_word(text):
    for word in CPU_VENDOR_WORDS:
        if text.lower().startswith(word + " ") or text.lower() == word:
            return text[len(word):].strip()
    return text


def bare_number(text):
    return (re.fullmatch(r"[a-z]{0,2}-?\d{2,4}[a-z]{0,2}( (he|ee|se))?", text, I)
            and not re.match(r"(a|e|c|z|fx|gx)\d?\d?-", text, I))


def cpu_key(name):
    """(key, vendor) of a CPU's name; the vendor is "" when nothing tells it."""
    text = tidy(run(CPU_FIRST, name), " -/,")
    text = re.sub(r"^amd\s+amd\b", "AMD", text, flags=I)
    vendor = cpu_vendor(text)
    text = strip_vendor_word(text)
    text = tidy(run(CPU_LINE, text, vendor), " -/,")
    text = tidy(run(CPU_LAST, text, vendor), " -/,")
    if vendor == "AMD" and bare_number(text):
        vendor = ""
    key = squeeze(text)
    if vendor == "AMD":
        key = key.replace("ryzenthreadripper", "threadripper").replace("radeongraphics", "")
    elif vendor == "AWS":
        key = key.replace("aws", "").replace("amazon", "")
    return key, vendor


# ---- GPUs ----

GPU_FIRST = [
    Step(r"[®™©]|\((r|tm)\)", " "),
    Step("\u00a0", " "),
    Step("\u2013", "-"),
    Step(r"\[[^\]]*\]"),
    Step(r"\((?!.*(gb|gddr|ddr|mobile|laptop|pcie|sxm|oam|max-q))[^)]*\)", " "),  # code names
    Step(r"[()]", " "),
]

GPU_VENDOR_WORDS = {"nvidia": "NVIDIA", "ati": "AMD", "amd": "AMD", "intel": "Intel", "matrox": "Matrox",
                    "3dfx": "3dfx", "xgi": "XGI", "sony": "Sony", "apple": "Apple"}

GPU_LINES = [
    (r"geforce|quadro|tesla|rtx|gtx|titan|jetson|^a\d0|h100|l4|t4|gp100|nvs|agx", "NVIDIA"),
    (r"radeon|firepro|instinct|rx ?\d", "AMD"),
    (r"arc|iris|data center gpu", "Intel"),
]

GPU_LINE = [
    Step(r"\b(rtx|gtx|gts|gt)(\d{3,4})", r"\1 \2"),
    Step(r"\bGeForce(\d)", r"GeForce \1", exact=True),
    Step(r"\b(\d{3,4})\s?(ti|super)\b", lambda m: m[1] + (" Ti" if m[2].lower() == "ti" else " SUPER")),
    Step(r"\b(ti)\s+super\b", "Ti SUPER"),
    Step(r"\b(\d+)\s?gb\b", r"\1 GB"),
    Step(r"\b(laptop gpu|laptop|notebook|mobile gpu)\b", "Mobile"),
    Step(r"\bGPU accelerator\b|\bgraphics card\b|\bPCI-?e(xpress)?( x16)?\b(?! )",
         unless=r"a100|v100|h100|p100|a800|h800|k40|k20"),
]

GPU_BRAND = [
    Step(r"^(rtx|gtx|gts|gt) (\d{3,4})\b", r"GeForce \1 \2", vendor="NVIDIA",
         unless=r"^rtx \d{4} ?(ada|sff|emb)|^rtx [456]000"),
    Step(r"^(rx|hd|r[579]) ", r"Radeon \1 ", vendor="AMD"),
    Step(r"Radeon Instinct", "Instinct", exact=True),
]


def gpu_key(name):
    """(key, vendor) of a GPU's name."""
    text = run(GPU_FIRST, name)
    vendor = ""
    first = re.match(r"(%s)\b" % "|".join(GPU_VENDOR_WORDS), text, I)
    if first:
        vendor = GPU_VENDOR_WORDS[first[1].lower()]
        text = text[first.end():].strip()
        text = re.sub(r"^(nvidia|ati|amd|intel)\s+", "", text, flags=I)
    else:
        vendor = next((v for pattern, v in GPU_LINES if re.search(pattern, text, I)), "")
    text = tidy(run(GPU_LINE, text, vendor), " -,")
    text = run(GPU_BRAND, text, vendor)
    return squeeze(text), vendor


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in ("cpu", "gpu"):
        sys.exit("usage: match_names.py cpu|gpu < names")
    key_of = cpu_key if sys.argv[1] == "cpu" else gpu_key
    for line in sys.stdin.buffer:
        key, vendor = key_of(line.decode("utf-8", "replace").rstrip("\n"))
        print(key + "\t" + vendor)


if __name__ == "__main__":
    main()
