using System.Text;

namespace WaAspire.LocalHosting.Running;

/// <summary>ReadLine for output that we do not control: a line without an end comes in pieces instead of filling memory.</summary>
internal sealed class BoundedLines(TextReader reader, int maxLength)
{
    private readonly char[] _buffer = new char[4096];
    private readonly StringBuilder _line = new();
    private int _position;
    private int _length;

    public async ValueTask<string?> ReadAsync()
    {
        while (true)
        {
            if (_position == _length)
            {
                (_position, _length) = (0, await reader.ReadAsync(_buffer));
                if (_length == 0)
                    return _line.Length > 0 ? TakeLine() : null;
            }

            var rest = _buffer.AsSpan(_position, Math.Min(_length - _position, maxLength - _line.Length));
            var end = rest.IndexOf('\n');
            _line.Append(end < 0 ? rest : rest[..end]);
            _position += end < 0 ? rest.Length : end + 1;
            if (end >= 0 || _line.Length == maxLength)
                return TakeLine();
        }
    }

    private string TakeLine()
    {
        var line = _line.ToString().TrimEnd('\r');
        _line.Clear();
        return line;
    }
}
