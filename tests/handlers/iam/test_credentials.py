"""Credentials beside keys and passwords, and identity providers: whole lives of each."""

import csv
import io
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from emulator import one_time_codes
from tests.fixtures.server import Cloud
from tests.handlers.iam.acting import allow, as_user, document, refusal


@cache
def key(number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(name: str = "shop.example.com") -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key(0).public_key())
        .serial_number(7)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2035, 1, 1, tzinfo=UTC))
        .sign(key(0), hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def private(number: int = 0) -> str:
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key(number).private_bytes(*form, serialization.NoEncryption()).decode()


def codes(seed: str, at: int = -1) -> dict[str, str]:
    """Two codes that follow each other, the first of `at` half minutes from now."""
    step = int(time.time()) // 30 + at
    first, second = (one_time_codes.code(seed, one) for one in (step, step + 1))
    return {"AuthenticationCode1": first, "AuthenticationCode2": second}


def report(iam: Any, user: str) -> dict[str, str]:
    assert iam.generate_credential_report()["State"] in ("STARTED", "COMPLETE")
    content = iam.get_credential_report()["Content"].decode()
    return {row["user"]: row for row in csv.DictReader(io.StringIO(content))}[user]


def test_codes_are_those_of_the_standard() -> None:
    # RFC 6238, appendix B: the last six digits of its values for SHA-1
    seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert one_time_codes.code(seed, 59 // 30) == "287082"
    assert one_time_codes.code(seed, 1111111109 // 30) == "081804"
    assert one_time_codes.code(seed, 20000000000 // 30) == "353130"


def test_a_devices_life_and_what_it_opens(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    ada = as_user(
        cloud, "ada", allow("ec2:*", Bool={"aws:MultiFactorAuthPresent": "true"}), allow("sts:*")
    )
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="ada")["VirtualMFADevice"]
    serial, seed = made["SerialNumber"], made["Base32StringSeed"].decode()
    assert serial == f"arn:aws:iam::{cloud.account.number}:mfa/ada"
    assert refusal(iam.create_virtual_mfa_device, VirtualMFADeviceName="ADA")[0] == (
        "EntityAlreadyExists"
    )
    given = {"UserName": "ada", "SerialNumber": serial}
    wrong = {"AuthenticationCode1": "000000", "AuthenticationCode2": "000000"}
    assert refusal(iam.enable_mfa_device, **given, **wrong)[0] == "InvalidAuthenticationCode"
    assert iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"] == [
        {"SerialNumber": serial}
    ]
    iam.enable_mfa_device(**given, **codes(seed, -2))
    [shown] = iam.list_mfa_devices(UserName="ada")["MFADevices"]
    assert (shown["UserName"], shown["SerialNumber"]) == ("ada", serial)
    [listed] = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert listed["User"]["UserName"] == "ada"
    assert iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"] == []
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["MFADevices"], summary["MFADevicesInUse"]) == (1, 1)
    assert report(iam, "ada")["mfa_active"] == "true"
    # without a session of the device there is nothing, with one there is
    assert refusal(ada.client("ec2").describe_volumes)[0] == "UnauthorizedOperation"
    sts = ada.client("sts")
    code = one_time_codes.code(seed, int(time.time()) // 30)
    now = {one_time_codes.code(seed, int(time.time()) // 30 + away) for away in range(-2, 4)}
    wrong_code = next(text for text in map(str, range(100_000, 100_009)) if text not in now)
    refused = refusal(sts.get_session_token, SerialNumber=serial, TokenCode=wrong_code)
    assert refused == (
        "AccessDenied",
        "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
    )
    session = sts.get_session_token(SerialNumber=serial, TokenCode=code)["Credentials"]
    opened = Cloud(cloud.running, cloud.account, session["AccessKeyId"], session["SecretAccessKey"])
    opened.client("ec2", aws_session_token=session["SessionToken"]).describe_volumes()
    # no code is good twice
    assert refusal(sts.get_session_token, SerialNumber=serial, TokenCode=code) == refused
    assert refusal(iam.delete_virtual_mfa_device, SerialNumber=serial) == (
        "DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.",
    )  # fmt: skip
    iam.deactivate_mfa_device(**given)
    assert refusal(iam.deactivate_mfa_device, **given)[0] == "NoSuchEntity"
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []


def test_a_role_that_wants_a_device(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    ada = as_user(cloud, "ada", allow("sts:AssumeRole"))
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole",
             "Principal": {"AWS": f"arn:aws:iam::{cloud.account.number}:root"},
             "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}}  # fmt: skip
    arn = iam.create_role(RoleName="safe", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="ada")["VirtualMFADevice"]
    serial, seed = made["SerialNumber"], made["Base32StringSeed"].decode()
    iam.enable_mfa_device(UserName="ada", SerialNumber=serial, **codes(seed, -2))
    assume = ada.client("sts").assume_role
    given = {"RoleArn": arn, "RoleSessionName": "session"}
    assert refusal(assume, **given)[0] == "AccessDenied"
    code = one_time_codes.code(seed, int(time.time()) // 30)
    session = assume(**given, SerialNumber=serial, TokenCode=code)["Credentials"]
    assert session["AccessKeyId"].startswith("ASIA")


def test_ssh_keys_certificates_and_credentials_of_services(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="ada")
    form = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    line = key(0).public_key().public_bytes(*form).decode()
    made = iam.upload_ssh_public_key(UserName="ada", SSHPublicKeyBody=f"{line} ada@home")
    made = made["SSHPublicKey"]
    assert made["SSHPublicKeyId"].startswith("APKA")
    assert len(made["Fingerprint"].split(":")) == 16
    assert refusal(iam.upload_ssh_public_key, UserName="ada", SSHPublicKeyBody=line)[0] == (
        "DuplicateSSHPublicKey"
    )
    bad = {"UserName": "ada", "SSHPublicKeyBody": "ssh-rsa AAAA"}
    assert refusal(iam.upload_ssh_public_key, **bad)[0] == "InvalidPublicKey"
    given = {"UserName": "ada", "SSHPublicKeyId": made["SSHPublicKeyId"]}
    pem = iam.get_ssh_public_key(**given, Encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"]
    assert pem.startswith("-----BEGIN PUBLIC KEY-----")
    iam.update_ssh_public_key(**given, Status="Inactive")
    assert [one["Status"] for one in iam.list_ssh_public_keys(UserName="ada")["SSHPublicKeys"]] == [
        "Inactive"
    ]
    signed = iam.upload_signing_certificate(UserName="ada", CertificateBody=certificate())
    assert refusal(
        iam.upload_signing_certificate, UserName="ada", CertificateBody=certificate()
    )[0] == "DuplicateCertificate"  # fmt: skip
    assert refusal(iam.upload_signing_certificate, UserName="ada", CertificateBody="x")[0] == (
        "MalformedCertificate"
    )
    assert report(iam, "ada")["cert_1_active"] == "true"
    service = {"UserName": "ada", "ServiceName": "codecommit.amazonaws.com"}
    first = iam.create_service_specific_credential(**service)["ServiceSpecificCredential"]
    second = iam.create_service_specific_credential(**service)["ServiceSpecificCredential"]
    number = cloud.account.number
    assert {first["ServiceUserName"], second["ServiceUserName"]} == {
        f"ada-at-{number}", f"ada+1-at-{number}",
    }  # fmt: skip
    assert first["ServicePassword"] != second["ServicePassword"]
    assert refusal(iam.create_service_specific_credential, **service)[0] == "LimitExceeded"
    listed = iam.list_service_specific_credentials(UserName="ada")["ServiceSpecificCredentials"]
    assert {"ServicePassword"} & {name for one in listed for name in one} == set()

    def remove_all() -> None:
        for one in listed:
            iam.delete_service_specific_credential(
                UserName="ada", ServiceSpecificCredentialId=one["ServiceSpecificCredentialId"]
            )

    # a user goes when nothing is left of it
    left: list[tuple[str, Callable[[], Any]]] = [
        ("signing certificates", lambda: iam.delete_signing_certificate(
            UserName="ada", CertificateId=signed["Certificate"]["CertificateId"])),
        ("SSH public keys", lambda: iam.delete_ssh_public_key(**given)),
        ("service specific credentials", remove_all),
    ]  # fmt: skip
    for what, remove in left:
        assert refusal(iam.delete_user, UserName="ada") == (
            "DeleteConflict", f"Cannot delete entity, must delete {what} first.",
        )  # fmt: skip
        remove()
    iam.delete_user(UserName="ada")


def test_server_certificates(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    given = {"ServerCertificateName": "shop", "CertificateBody": certificate()}
    assert refusal(iam.upload_server_certificate, **given, PrivateKey=private(1))[0] == (
        "KeyPairMismatch"
    )
    made = iam.upload_server_certificate(**given, PrivateKey=private(), Path="/web/",
                                         Tags=[{"Key": "env", "Value": "dev"}])  # fmt: skip
    shown = made["ServerCertificateMetadata"]
    number = cloud.account.number
    assert shown["Arn"] == f"arn:aws:iam::{number}:server-certificate/web/shop"
    assert abs(shown["Expiration"] - datetime(2035, 1, 1, tzinfo=UTC)) < timedelta(seconds=1)
    again = refusal(iam.upload_server_certificate, **given, PrivateKey=private())
    assert again[0] == "EntityAlreadyExists"
    assert iam.list_server_certificates(PathPrefix="/no/")["ServerCertificateMetadataList"] == []
    iam.update_server_certificate(ServerCertificateName="shop", NewServerCertificateName="store")
    assert refusal(iam.get_server_certificate, ServerCertificateName="shop") == (
        "NoSuchEntity", "The Server Certificate with name shop cannot be found.",
    )  # fmt: skip
    found = iam.get_server_certificate(ServerCertificateName="store")["ServerCertificate"]
    assert found["CertificateBody"].strip() == certificate().strip()
    assert found["Tags"] == [{"Key": "env", "Value": "dev"}]
    assert iam.get_account_summary()["SummaryMap"]["ServerCertificates"] == 1
    iam.delete_server_certificate(ServerCertificateName="store")
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == []


METADATA = f"""<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example"
  {{}}><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<!-- {"x" * 900} --></md:IDPSSODescriptor></md:EntityDescriptor>"""


def test_providers(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    number = cloud.account.number
    until = METADATA.format('validUntil="2030-05-04T00:00:00Z"')
    assert refusal(iam.create_saml_provider, Name="idp", SAMLMetadataDocument="<a>" * 400) == (
        "InvalidInput", "Could not parse metadata",
    )  # fmt: skip
    arn = iam.create_saml_provider(Name="idp", SAMLMetadataDocument=until)["SAMLProviderArn"]
    assert arn == f"arn:aws:iam::{number}:saml-provider/idp"
    [listed] = iam.list_saml_providers()["SAMLProviderList"]
    assert (listed["Arn"], listed["ValidUntil"].date().isoformat()) == (arn, "2030-05-04")
    iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=METADATA.format(""))
    found = iam.get_saml_provider(SAMLProviderArn=arn)
    assert found["ValidUntil"].year >= 2100
    iam.tag_saml_provider(SAMLProviderArn=arn, Tags=[{"Key": "env", "Value": "dev"}])
    assert iam.list_saml_provider_tags(SAMLProviderArn=arn)["Tags"] == [
        {"Key": "env", "Value": "dev"}
    ]
    url = "https://token.actions.githubusercontent.com"
    oidc = iam.create_open_id_connect_provider(
        Url=url, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["A" * 40]
    )["OpenIDConnectProviderArn"]
    assert oidc == f"arn:aws:iam::{number}:oidc-provider/token.actions.githubusercontent.com"
    assert refusal(iam.create_open_id_connect_provider, Url=url)[0] == "EntityAlreadyExists"
    given = {"OpenIDConnectProviderArn": oidc}
    iam.add_client_id_to_open_id_connect_provider(**given, ClientID="other")
    iam.remove_client_id_from_open_id_connect_provider(**given, ClientID="sts.amazonaws.com")
    iam.update_open_id_connect_provider_thumbprint(**given, ThumbprintList=["b" * 40])
    found = iam.get_open_id_connect_provider(**given)
    assert (found["Url"], found["ClientIDList"], found["ThumbprintList"]) == (
        "token.actions.githubusercontent.com", ["other"], ["b" * 40],
    )  # fmt: skip
    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Providers"], summary["GlobalEndpointTokenVersion"]) == (2, 2)
    iam.delete_saml_provider(SAMLProviderArn=arn)
    iam.delete_open_id_connect_provider(**given)
    assert refusal(iam.get_saml_provider, SAMLProviderArn=arn) == (
        "NoSuchEntity", f"Manifest not found for arn {arn}",
    )  # fmt: skip
    assert refusal(iam.get_open_id_connect_provider, **given)[1] == (
        f"OpenIDConnect Provider not found for arn {oidc}"
    )
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


@pytest.mark.parametrize("days", [0, 30])
def test_keys_of_bedrock_expire(cloud: Cloud, days: int) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="ada")
    more = {"CredentialAgeDays": days} if days else {}
    made = iam.create_service_specific_credential(
        UserName="ada", ServiceName="bedrock.amazonaws.com", **more
    )["ServiceSpecificCredential"]
    assert made["ServiceCredentialSecret"].startswith("ABSK")
    assert ("ExpirationDate" in made) == bool(days)
