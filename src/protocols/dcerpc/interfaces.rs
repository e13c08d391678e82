//! The best-known DCE/RPC interfaces by their identifiers, as Microsoft's open specifications (and PROFINET) name them.

/// What an endpoint mapper answers questions about other interfaces with.
pub(crate) const ENDPOINT_MAPPER: u128 = 0xe1af8308_5d1f_11c9_91a4_08002b14a0fa;
/// MSDTC's remote interface (MS-CMPO section 1.9).
pub(crate) const IXN_REMOTE: u128 = 0x906b0ce0_c70b_1067_b317_00dd010662da;

/// The interface's usual name.
pub(crate) fn name(interface: u128) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == interface).map(|&(_, name)| name)
}

const NAMES: [(u128, &str); 77] = [
    (ENDPOINT_MAPPER, "epmapper"),
    (0xafa8bd80_7d8a_11c9_bef4_08002b102989, "mgmt"),
    (IXN_REMOTE, "IXnRemote"),
    // Domain controllers, accounts and security.
    (0x12345778_1234_abcd_ef00_0123456789ac, "samr"),
    (0x12345778_1234_abcd_ef00_0123456789ab, "lsarpc"),
    (0x3919286a_b10c_11d0_9ba8_00c04fd92ef5, "dssetup"),
    (0x12345678_1234_abcd_ef00_01234567cffb, "netlogon"),
    (0xe3514235_4b06_11d1_ab04_00c04fc2dcd2, "drsuapi"),
    (0x7c44d7d4_31d5_424c_bd5e_2b3e1f323d22, "dsaop"),
    (0x3dde7c30_165d_11d1_ab8f_00805f14db40, "BackupKey"),
    (0xc681d488_d850_11d0_8c52_00c04fd90f7e, "efsrpc"),
    (0xdf1941c5_fe89_4e79_bf10_463657acf44d, "efsrpc"),
    (0x91ae6020_9e3c_11cf_8d7c_00aa00c091be, "ICertPassage"),
    (0xd99e6e70_fc88_11d0_b498_00a0c90312f3, "ICertRequestD"),
    (0x5422fd3a_d4b8_4cef_a12e_e87d4ca22e90, "ICertRequestD2"),
    // A host's administration.
    (0x367abb81_9844_35f1_ad32_98f038001003, "svcctl"),
    (0x4b324fc8_1670_01d3_1278_5a47bf6ee188, "srvsvc"),
    (0x6bffd098_a112_3610_9833_46c3f87e345a, "wkssvc"),
    (0x338cd001_2244_31f1_aaaa_900038001003, "winreg"),
    (0x82273fdc_e32a_18c3_3f78_827929dc23ea, "eventlog"),
    (0xf6beaff7_1e19_4fbb_9f8f_b89e2018337c, "IEventService"),
    (0x1ff70682_0a51_30e8_076d_740be8cee98b, "atsvc"),
    (0x378e52b0_c0a9_11cf_822d_00aa0051e40f, "sasec"),
    (0x86d35949_83c9_4044_b424_db363231fd0c, "ITaskSchedulerService"),
    (0x894de0c0_0d55_11d3_a322_00c04fa321a1, "InitShutdown"),
    (0xd95afe70_a6d5_4259_822e_2c84da1ddb0d, "WindowsShutdown"),
    (0x8d9f4e40_a03d_11ce_8f69_08003e30051b, "pnp"),
    (0x6b5bdd1e_528c_422c_af8c_a4079be4fe48, "RemoteFW"),
    (0x12b81e99_f207_4a4c_85d3_77b42f76fd14, "ISeclogon"),
    (0x3faf4738_3a21_4307_b46c_fdda9bb8c0d5, "AudioSrv"),
    (0x8fb6d884_2388_11d0_8c35_00c04fda2795, "w32time"),
    (0x17fdd703_1827_4e34_79d4_24a55c53bb37, "msgsvc"),
    (0x5a7b91f8_ff00_11d0_a9b2_00c04fb6e6fc, "msgsvcsend"),
    (0x57674cd0_5200_11ce_a897_08002b2e9c6d, "llsrpc"),
    (0x342cfd40_3c6c_11ce_a893_08002b2e9c6d, "llsrpc"),
    (0x5ca4a760_ebb1_11cf_8611_00a0245420ed, "IcaApi"),
    (0x44e265dd_7daf_42cd_8560_3cdb6e7a2729, "TsProxyRpcInterface"),
    (0xb97db8b2_4c63_11cf_bff6_08002be23f2f, "clusapi"),
    // Files and printers.
    (0x4fc742e0_4a10_11cf_8273_00aa004ae673, "netdfs"),
    (0x897e2e5f_93f3_4376_9c9c_fd2277495c27, "FrsTransport"),
    (0xf5cc59b4_4264_101a_8c59_08002b2f8426, "frsrpc"),
    (0xd049b186_814f_11d1_9a3c_00c04fc9b232, "NtFrsApi"),
    (0x300f3532_38cc_11d0_a3f0_0020af6b0add, "trkwks"),
    (0x4da1c422_943d_11d1_acae_00c04fc2aa3f, "trksvr"),
    (0xc8cb7687_e6d3_11d2_a958_00c04f682e16, "davclntrpc"),
    (0x12345678_1234_abcd_ef00_0123456789ab, "spoolss"),
    (0x76f03f96_cdfd_44fc_a22c_64950a001209, "IRemoteWinspool"),
    (0xae33069b_a2a8_46ee_a235_ddfd339be281, "IRPCRemoteObject"),
    (0x0b6edbfa_4a24_4fc6_8a23_942b1eca65d1, "IRPCAsyncNotify"),
    // Names, addresses, telephony.
    (0x50abc2a4_574d_40b3_9d66_ee4fd5fba076, "DnsServer"),
    (0x5b821720_f63b_11d0_aad2_00c04fc324db, "dhcpsrv2"),
    (0x3c4728c5_f0ab_448b_bda1_6ce01eb0a6d5, "dhcpcsvc"),
    (0x45f52c28_7f9f_101a_b52b_08002b2efabe, "winsif"),
    (0x811109bf_a4e1_11d1_ab54_00a0c91e9b45, "winsi2"),
    (0x4b112204_0e19_11d3_b42b_0000f81feb9f, "ssdpsrv"),
    (0x2f5f6520_ca46_1067_b319_00dd010662da, "tapsrv"),
    (0x20610036_fa22_11cf_9823_00a0c911e5df, "rasrpc"),
    (0x8f09f000_b7ed_11ce_bbd2_00001a181cad, "dimsvc"),
    // Mail and messages.
    (0xa4f1db00_ca47_1067_b31f_00dd010662da, "emsmdb"),
    (0xf5cc5a18_4264_101a_8c59_08002b2f8426, "nspi"),
    (0x1544f5e0_613c_11d1_93df_00c04fd7bd09, "rfri"),
    (0xfdb3a030_065f_11d1_bb9b_00a024ea5525, "qmcomm"),
    (0x41208ee0_e970_11d1_9b9e_00e02c064c39, "qmmgmt"),
    (0x1088a980_eae5_11d0_8d9b_00a02453c337, "qm2qm"),
    (0x77df7a80_f298_11d0_8358_00a024c480a8, "dscomm"),
    // Distributed COM and management instrumentation.
    (0x000001a0_0000_0000_c000_000000000046, "IRemoteSCMActivator"),
    (0x4d9f4ab8_7d1c_11cf_861e_0020af6e7c57, "IActivation"),
    (0x99fcfec4_5260_101b_bbcb_00aa0021347a, "IObjectExporter"),
    (0x00000131_0000_0000_c000_000000000046, "IRemUnknown"),
    (0x00000143_0000_0000_c000_000000000046, "IRemUnknown2"),
    (0x00020400_0000_0000_c000_000000000046, "IDispatch"),
    (0xf309ad18_d86a_11d0_a075_00c04fb68820, "IWbemLevel1Login"),
    (0x9556dc99_828c_11cf_a37e_00aa003240c7, "IWbemServices"),
    (0x027947e1_d731_11ce_a357_000000000001, "IEnumWbemClassObject"),
    (0x39c13a4d_011e_11d0_9675_0020afd8adb3, "IOPCServer"),
    // PROFINET IO's connection manager (IEC 61158).
    (0xdea00001_6c97_11d1_8271_00a02442df7d, "PNIO-Device"),
    (0xdea00002_6c97_11d1_8271_00a02442df7d, "PNIO-Controller"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_interface_is_listed_twice() {
        let known: BTreeSet<u128> = NAMES.iter().map(|&(interface, _)| interface).collect();
        assert_eq!(known.len(), NAMES.len());
    }
}
