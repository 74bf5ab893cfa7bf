using System.ComponentModel.DataAnnotations;

namespace WaAspire.Proxy.Auth;

/// <summary>Section <c>Staff</c>: who counts as an employee.</summary>
internal sealed class StaffOptions
{
    public const string Section = "Staff";

    /// <summary>SUPER_ADMIN_EMAIL: the one address whose holder may do everything. Empty: nobody.</summary>
    public string SuperAdminEmail { get; set; } = "";

    /// <summary>ADMIN_EMAILS, separated by commas: employees without a staff profile.</summary>
    public string AdminEmails { get; set; } = "";

    /// <summary>ADMIN_PHONE: the account with this number is not among those that employees are shown. Empty: all are.</summary>
    public string AdminPhone { get; set; } = "";

    /// <summary>Default 60 s for which a staff profile, or its absence, is remembered. Longer: a dismissal takes effect later. Shorter: more reads.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan CacheFor { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Default 10,000 remembered users.</summary>
    [Range(1, 1_000_000)]
    public int CacheMax { get; set; } = 10_000;

    public void ReadNames(IConfiguration configuration)
    {
        SuperAdminEmail = configuration["SUPER_ADMIN_EMAIL"] ?? SuperAdminEmail;
        AdminEmails = configuration["ADMIN_EMAILS"] ?? AdminEmails;
        AdminPhone = configuration["ADMIN_PHONE"] ?? AdminPhone;
    }
}
