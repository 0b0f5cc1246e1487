"""What the published data sets hold, to hold a folder against.

TAU22: counted in the official csv files (https://doi.org/10.5281/zenodo.6337421). Vintage: the
responses of the MicIR project (http://micirp.blogspot.com). Multi: the folders of
https://zenodo.org/records/4633508 (https://doi.org/10.17743/jaes.2022.0027).
"""

from functools import cache
from importlib import resources

import pandas as pd

TAU22_CLIPS = 230_350
TAU22_SIDES = {"train": 139_620, "test": 29_680, "unused": 61_050}
TAU22_LOCATIONS = {"train": 365, "test": 146}
TAU22_SUBSEGMENTS = 10  # clips of a recording, and every recording has all of them

# (train, test, unused) clips
TAU22_DEVICES = {
    "a": (102_150, 3_300, 38_550),
    "b": (7_490, 3_290, 0),
    "c": (7_480, 3_290, 0),
    **dict.fromkeys(("s1", "s2", "s3"), (7_500, 3_300, 0)),
    **dict.fromkeys(("s4", "s5", "s6"), (0, 3_300, 7_500)),
}
# SHA-256 of the file names, sorted, a line feed between them: line ends differ between copies
TAU22_NAMES = {
    "all": "5831f3dd9c99c2426a74b08da8ac55fc493adfbd23dfa59b3a173fae3f2da7e4",
    "train": "bc63f27c4f48d49074355e7c8a11c0f73c1359cfab071be639d2019582eaa727",
    "test": "7b0abd2cffa71589f1da2045fd8450e2cdc94d9520c9ff528624dee1158196cc",
}

VINTAGE_RATES = {44_100: 61, 48_000: 5}
VINTAGE_ENERGY = 0.9988  # at least this much of each lies in the window that is cut out
VINTAGE_NAMES = """
    Altec_639 Altec_670A Altec_670B American_R331 Amperite_RA B&O_BM2 B&O_BM6 BBCmarconi_B
    Beomic_1000 Beyer_M260 Beyer_M360 Coles_4038 Doremi_ EMI_ribbon EV_RE20_Flat EV_RE20_HPF
    FilmIndustries_M8 GEC_2373 GEC_bigdynamic Grampian_GR2 IR_AKGD12 IR_AKG_FaultyD12 IR_Astatic77
    IR_BeyerM500Stock IR_FosterDynamicDF1 IR_GaumontKalee IR_Lomo52A5M IR_Meazzi IR_MelodiumRM6
    IR_OktavaMD57 IR_OktavaMK18Silver IR_OktavaMK18_Overload IR_OktavaML16 IR_RCAKU3a IR_ResloCR600
    IR_ResloDynamic IR_ResloURA IR_STC4033_Cardioid IR_STC4033_Pressure IR_STC4033_Ribbon IR_STC4035
    IR_Shure510C Melodium_42B_1 Melodium_Model12 Oktava_ML19 RCA_44BX_1 RCA_44BX_2 RCA_74B
    RCA_77DX_1 RCA_77DX_2 RCA_KU3a_1 RCA_PB90 RCA_varacoustic_fig8 Reslo_RB250 Reslo_RB_RedLabel
    Reslo_RV Reslo_SR1 Reslo_VMC2 Shure315_HPF Shure315_flat Sony_C37Fet Telefunken_M201 Toshiba_BK5
    Toshiba_TypeG Toshiba_TypeK_HPF Toshiba_TypeK_flat
""".split()  # noqa: SIM905

MULTI_RATE = 48_000
MULTI_ANGLES = tuple(range(0, 360, 5))
MULTI_DISTANCES = (0.5, 1.25, 5.0)  # metres
MULTI_PAPER = 8_138  # the paper's own count (Sec. 4), which the folders do not give
_MULTI_PATTERNS = {
    "AKGC414": "Bidirect Cardioid Hyper Omni",
    "AKGC451": "Cardioid Omni",
    "NeumannU87Ai": "Bidirect Cardioid Omni",
    "RodeK2": "Bidirect Cardioid Omni",
    "RodeNT2A": "Bidirect Cardioid Omni",
    "SchoepsCMC5U": "Bidirect Cardioid Omni",
    "SonyC800": "Cardioid Omni",
}
_MULTI_SINGLE = """
    AKGD112 AKGD12 Coles4038 DPA4006 ElectroVoiceRE20 NTiM2211 NeumannU47FET RodeNTG8 RodeNTR
    RodeReporter RoyerR121 SchoepsCMC6_MK2H SchoepsCMC6_MK2H_KA40 SchoepsCMIT5U SennheiserMD441
    ShureBeta52 ShureSM57 ShureSM58 SonyECM670
""".split()  # noqa: SIM905
MULTI_CONFIGURATIONS = sorted(
    [*_MULTI_SINGLE, *(m + p for m, ps in _MULTI_PATTERNS.items() for p in ps.split())]
)
_MULTI_NOT_MEASURED = {("NeumannU47FET", 5.0), ("RodeNTG8", 0.5)}
MULTI_FOLDERS = [
    (configuration, distance)
    for configuration in MULTI_CONFIGURATIONS
    for distance in MULTI_DISTANCES
    if (configuration, distance) not in _MULTI_NOT_MEASURED
]


@cache
def tau22_locations() -> pd.DataFrame:
    """TAU22's locations: scene, city and clips on train, test, unused; indexed by identifier."""
    file = resources.files("asc_lib") / "reference" / "tau22_locations.csv"
    with file.open(encoding="utf-8") as text:
        table = pd.read_csv(text, index_col="location")
    return table.assign(city=table.index.str.split("-").str[0])


def tau22_counts(column: str) -> dict[str, tuple[int, int, int]]:
    """Clips on train, test, unused by "device", "scene" or "city"."""
    if column == "device":
        return TAU22_DEVICES
    sums = tau22_locations().groupby(column)[list(TAU22_SIDES)].sum()
    return {
        value: tuple(row) for value, row in zip(sums.index, sums.to_numpy().tolist(), strict=True)
    }
