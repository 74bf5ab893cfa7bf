using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace WaAspire.FirebaseEmulator.Auth;

/// <summary>The codes that production sends by mail, kept for whoever asks. Bounded, and gone with the process: a mail gets old too.</summary>
internal sealed class OobCodes
{
    public const string PasswordReset = "PASSWORD_RESET";
    public const string EmailSignIn = "EMAIL_SIGNIN";
    public const string VerifyEmail = "VERIFY_EMAIL";
    private const int MaxCodes = 1000;
    private readonly Lock _lock = new();
    private readonly List<OobCode> _codes = [];

    public OobCode Add(string project, string email, string requestType)
    {
        if (requestType is not (PasswordReset or EmailSignIn or VerifyEmail))
            throw new AuthException("INVALID_REQ_TYPE");
        var code = new OobCode(project, email.ToLowerInvariant(), requestType, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24)));
        lock (_lock)
        {
            if (_codes.Count >= MaxCodes)
                _codes.RemoveAt(0);
            _codes.Add(code);
        }

        return code;
    }

    public OobCode Find(string project, string code)
    {
        lock (_lock)
            return _codes.Find(known => known.Project == project && known.Code == code) ?? throw new AuthException("INVALID_OOB_CODE");
    }

    public void Use(string project, string code)
    {
        lock (_lock)
            _codes.RemoveAll(known => known.Project == project && known.Code == code);
    }

    public JsonObject List(string project)
    {
        lock (_lock)
        {
            return new()
            {
                ["oobCodes"] = new JsonArray([.. _codes.Where(code => code.Project == project).Select(code => new JsonObject
                {
                    ["email"] = code.Email,
                    ["requestType"] = code.RequestType,
                    ["oobCode"] = code.Code,
                    ["oobLink"] = code.Link,
                })]),
            };
        }
    }
}

internal sealed record OobCode(string Project, string Email, string RequestType, string Code)
{
    /// <summary>Clients take the code out of the address; nobody opens it.</summary>
    public string Link => $"https://{Project}.firebaseapp.com/__/auth/action?mode={Mode}&lang=en&oobCode={Code}&apiKey=any";

    private string Mode => RequestType switch
    {
        OobCodes.PasswordReset => "resetPassword",
        OobCodes.EmailSignIn => "signIn",
        _ => "verifyEmail",
    };
}
