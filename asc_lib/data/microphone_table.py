"""What is known of the Multi set's microphones: transducer, pattern, diaphragm, body (Sec. 5.3).

The set's own table names microphone, pattern, distance and angle (Franco Hernandez et al., JAES
70(10), 2022, doi 10.17743/jaes.2022.0027). What kind of microphone each name stands for is general
knowledge; sizes are from memory, rounded and unverified. The simulated Multi set is made of the
same rows: where one changes, it is another world and needs another version.
"""

from typing import NamedTuple

from asc_lib.files import InputError

# pressure share a of a + (1 - a) cos(angle) by the pattern's word in a file's name
OMNI_SHARE = {"Omni": 1.0, "Cardioid": 0.5, "Hyper": 0.25, "Bidirect": 0.0}
SUPERCARDIOID = 0.37


class Traits(NamedTuple):
    """What does not change with the source's place.

    Attributes:
        transducer: what turns motion into a voltage.
        omni_share: pressure share of the first-order pattern, 0 (figure of eight) to 1 (omni);
            None in the table: switched, the file's name says which.
        diaphragm_mm: across the moving part; of a ribbon its width.
        body_mm: across what casts the shadow: capsule, basket or body.
        dual: two diaphragms back to back.
        side_address: it listens across its body, not along it.
        tube_m: length of a shotgun's interference tube, m; 0: none.
    """

    transducer: str
    omni_share: float | None
    diaphragm_mm: float
    body_mm: float
    dual: bool = False
    side_address: bool = False
    tube_m: float = 0.0


_COIL, _RIBBON, _CONDENSER = "moving coil", "ribbon", "condenser"
_MICROPHONES = {
    "AKGC414": Traits(_CONDENSER, None, 25, 34, True, True),
    "AKGC451": Traits(_CONDENSER, None, 16, 19),  # capsules CK1 and CK22 on one body
    "AKGD112": Traits(_COIL, 0.5, 30, 50),
    "AKGD12": Traits(_COIL, 0.5, 30, 50),
    "Coles4038": Traits(_RIBBON, 0.0, 6, 40, False, True),
    "DPA4006": Traits(_CONDENSER, 1.0, 16, 19),
    "ElectroVoiceRE20": Traits(_COIL, 0.5, 30, 50),
    "NTiM2211": Traits(_CONDENSER, 1.0, 12.7, 13),  # half an inch
    "NeumannU47FET": Traits(_CONDENSER, 0.5, 27, 34, True, True),
    "NeumannU87Ai": Traits(_CONDENSER, None, 27, 34, True, True),
    "RodeK2": Traits(_CONDENSER, None, 25, 34, True, True),
    "RodeNT2A": Traits(_CONDENSER, None, 25, 34, True, True),
    "RodeNTG8": Traits(_CONDENSER, SUPERCARDIOID, 13, 19, tube_m=0.45),
    "RodeNTR": Traits(_RIBBON, 0.0, 5, 35, False, True),
    "RodeReporter": Traits(_COIL, 1.0, 20, 34),
    "RoyerR121": Traits(_RIBBON, 0.0, 5, 25, False, True),
    "SchoepsCMC5U": Traits(_CONDENSER, None, 15, 20),  # capsule MK 6: switched by its back
    "SchoepsCMC6_MK2H": Traits(_CONDENSER, 1.0, 15, 20),
    "SchoepsCMC6_MK2H_KA40": Traits(_CONDENSER, 1.0, 15, 40),  # in a sphere of 40 mm
    "SchoepsCMIT5U": Traits(_CONDENSER, SUPERCARDIOID, 15, 21, tube_m=0.15),
    "SennheiserMD441": Traits(_COIL, SUPERCARDIOID, 25, 36),
    "ShureBeta52": Traits(_COIL, SUPERCARDIOID, 30, 50),
    "ShureSM57": Traits(_COIL, 0.5, 22, 32),
    "ShureSM58": Traits(_COIL, 0.5, 22, 32),
    "SonyC800": Traits(_CONDENSER, None, 27, 34, True, True),
    "SonyECM670": Traits(_CONDENSER, SUPERCARDIOID, 13, 21, tube_m=0.18),
}


def traits(microphone: str, pattern: str | None) -> Traits:
    """What is known of a microphone in a pattern; `pattern` is None where its name has no word.

    Raises:
        InputError: the table does not know the microphone or the pattern, or the pattern is
            missing where the microphone has several.
    """
    where = "asc_lib/data/microphone_table.py"
    body = _MICROPHONES.get(microphone)
    if body is None:
        raise InputError(
            f"microphone {microphone!r}: {where} does not know it, so it has no conditions; add a "
            "line with its transducer, pattern and sizes"
        )
    if pattern is not None and pattern not in OMNI_SHARE:
        raise InputError(
            f"pattern {pattern!r} of {microphone}: {where} knows {', '.join(OMNI_SHARE)}; add it"
        )
    share = body.omni_share if pattern is None else OMNI_SHARE[pattern]
    if share is None:
        raise InputError(
            f"pattern of {microphone}: it has several and the file's name says none; name the file "
            f"<microphone><{'|'.join(OMNI_SHARE)}>_<distance>_<angle>Deg.wav"
        )
    return body._replace(omni_share=share)
