import pytest

from hyperlane.protocol.enums import EnrollmentStatus, FeeType, FraudType, QueryMessageType

from .vectors import load

ENUMS = load("enums")
ELSEWHERE = {
    "ism_module_types",
    "ism_module_types_agent_only",
    "hook_types",
    "ica_message_types",
}
HERE = {
    "fee_types": FeeType,
    "iqs_message_types": QueryMessageType,
    "enrollment_status": EnrollmentStatus,
}


@pytest.mark.parametrize("name", HERE)
def test_names_and_numbers_equal_the_vector(name):
    assert {member.name: member.value for member in HERE[name]} == ENUMS[name]


def test_fraud_types_equal_the_vector():
    values = {member.name.replace("_", "").lower(): member.value for member in FraudType}

    assert values == {name.lower(): value for name, value in ENUMS["fraud_types"].items()}


def test_the_vector_holds_no_other_enum():
    assert ENUMS.keys() == ELSEWHERE | HERE.keys() | {"fraud_types"}
