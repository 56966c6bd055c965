"""Whether a text is a UCUM code (https://ucum.org/ucum, case sensitive), for the units met in health records."""

import re

PREFIXES = sorted("Y Z E P T G M k h da d c m u n p f a z y Ki Mi Gi Ti".split(), key=len, reverse=True)
METRIC = set(
    "m s g rad K C cd mol sr Hz N Pa J W A V F Ohm S Wb Cel T H lm lx Bq Gy Sv l L ar t bar u eV pc kat U [iU] [IU] cal "
    "[Cal] B Np st B[SPL] B[V] B[mV] B[uV] B[W] bit By Bd eq osm g% tex Ci R RAD REM "
    "dyn erg P Ky G Mx Oe Gb sb Lmb ph mho [mu_0] [c] [h] [k] [g] [G] [e] m[Hg] m[H2O] [ppth] [hnsf'U] [mclg'U] [Lf] kat "
    "[iU] [arb'U] [USP'U] meq gf".split()
)
OTHER = set(
    "10* 10^ % [pi] [ppth] [ppm] [ppb] [pptr] deg gon ' '' min h d a_t a_j a_g a wk mo_s mo_j mo_g mo [in_i] [ft_i] [yd_i] [mi_i] "
    "[fth_i] [nmi_i] [kn_i] [sin_i] [sft_i] [syd_i] [cin_i] [cft_i] [cyd_i] [mil_i] [cr_i] [hd_i] [ft_us] [yd_us] [in_us] [mi_us] "
    "[rd_us] [ch_us] [acr_us] [degF] [degR] [degRe] [gr] [lb_av] [oz_av] [dr_av] [scwt_av] [lcwt_av] [ston_av] [lton_av] [stone_av] "
    "[pwt_tr] [oz_tr] [lb_tr] [sc_ap] [dr_ap] [oz_ap] [lb_ap] [gal_us] [bbl_us] [qt_us] [pt_us] [gil_us] [foz_us] [fdr_us] [min_us] "
    "[crd_us] [bu_us] [gal_br] [pt_br] [foz_br] [tsp_us] [tbs_us] [cup_us] [foz_m] [cup_m] [tsp_m] [tbs_m] [in_i'H2O] [in_i'Hg] "
    "[PRU] [diop] [p'diop] [mesh_i] [Ch] [drp] [hnsf'U] [MET] [pH] [S] [HPF] [LPF] [CFU] [PFU] [FFU] [APL'U] [GPL'U] [MPL'U] [EU] "
    "[todd'U] [dye'U] [smgy'U] [bdsk'U] [ka'U] [knk'U] [mclg'U] [tb'U] [CCID_50] [TCID_50] [EID_50] [D'ag'U] [Amb'a'1'U] [BAU] [AU] "
    "[ELU] [hp'_X] [hp'_C] [hp'_M] [hp'_Q] [kp_X] [m/s2/Hz^0.5] [RFU] [SAB]U [iU] atm att AU [lbf_av] [psi] circ sph [car_m] [smoot] "
    "[Btu] [Btu_39] [HP] bit_s [anti'Xa'U] [NTU] [FNU] [IR] [Bd] [degRe] [arb'U] [fr]".split()
)
UNIT = METRIC | OTHER | {prefix + unit for prefix in PREFIXES for unit in METRIC}
TERM = re.compile(r"(?P<unit>10\*|10\^|(?:[^\s./(){}\[\]\d+-]|\[[^\]]*\])+)(?P<power>[+-]?\d+)?(?:\{[^{}]*\})?|\d+(?:\{[^{}]*\})?|\{[^{}]*\}")


def is_code(text):
    """Whether this is a term of UCUM units."""
    while True:
        inner = re.sub(r"\(([^()]*)\)", lambda found: "1" if _plain(found.group(1)) else "?", text)
        if inner == text:
            return _plain(text)
        text = inner


def _plain(text):
    if not text.isascii():
        return False
    at = 1 if text.startswith("/") else 0
    while True:
        found = TERM.match(text, at)
        if not found or (found["unit"] and found["unit"] not in UNIT):
            return False
        at = found.end()
        if at == len(text):
            return True
        if text[at] not in "./":
            return False
        at += 1
